// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_OBJECT_STORE_H_
#define LARDER_REMOTE_OBJECT_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/byte_range.h"

// The remote side of a dataset: names, attributes and bytes, read-only. One interface over S3, HTTP
// and folders, with one conformance suite (tests/remote/conformance_test.cc).
//
// Paths are relative to the dataset's root, components parted by one '/', none at either end; the
// root is "". They are names as the reader sees them (decoded, raw bytes). The store makes keys and
// URLs of them.
//
// Every call returns at once and answers through its callback exactly once, on a thread of the
// store, never on the caller's stack. Callbacks must not block for long: the thread serves other
// transfers. All methods are thread-safe. Waits end: at `deadline` with DeadlineExceeded (of the
// last cause, which the message names), at Cancel() with Cancelled.
//
// Errors are those of base/errors.h: NotFound, PermissionDenied / Unauthenticated (the message
// names the object, what the server said, and what to do), FailedPrecondition (not the expected
// version any more), Unavailable, DeadlineExceeded, DataLoss, Cancelled. What is worth retrying has
// been retried by the store until the deadline before an error is reported.

namespace larder::remote {

// What tells one content of an object from the next. `etag` is the strong ETag with its quotes,
// empty where the server gave none or a weak one; `mtime` is Last-Modified (whole seconds over
// HTTP), InfinitePast() if unknown.
struct ObjectVersion {
  uint64_t size = 0;
  absl::Time mtime = absl::InfinitePast();
  std::string etag;

  // True unless something that both know differs: size, and the ETags, or where one lacks it the
  // times.
  bool Matches(const ObjectVersion& other) const;

  friend bool operator==(const ObjectVersion&, const ObjectVersion&) = default;
};

enum class EntryKind : uint8_t { kFile = 1, kFolder = 2, kSymlink = 3 };

struct ListEntry {
  std::string name;  // one component; a legal POSIX name (others are left out and counted)
  EntryKind kind = EntryKind::kFile;
  // Files: nullopt where the listing has no exact size (names only). Folders and symlinks: only
  // mtime is used.
  std::optional<ObjectVersion> version;
  std::string link_target;  // symlinks
};

struct ListPage {
  std::vector<ListEntry>
      entries;            // in no promised order; a name comes once per listing unless it is both a
                          // file and a folder, then the folder counts (docs/architecture.md)
  std::string next_page;  // empty: this was the last
  uint64_t hidden_names = 0;  // left out of this page: no POSIX names
};

struct Attributes {
  EntryKind kind = EntryKind::kFile;
  ObjectVersion version;
  std::string link_target;
};

struct RequestOptions {
  absl::Duration deadline = absl::Seconds(60);
  // One try, no retries: for revalidation, whose failure only means `offline`.
  bool single_try = false;
};

// A call that is under way. Thread-safe. Dropping the pointer does not cancel.
class Transfer {
 public:
  virtual ~Transfer() = default;
  // The callback (or OnDone) comes soon with Cancelled, unless it has come or is on its way.
  virtual void Cancel() = 0;
  // After OnData returned false: deliver again. Harmless otherwise.
  virtual void Resume() = 0;
};

// Where the bytes of one ReadRange go. Calls come one at a time, in order.
class RangeSink {
 public:
  virtual ~RangeSink() = default;
  // The answer's head, checked against the expected version: bytes from `offset` on will come (the
  // range asked for; or 0 and the whole object from a server without Range support: what precedes
  // the range asked for comes too, and what follows it also, until the sink has the transfer
  // cancelled). `version` is what the server says now. An error ends the transfer, and OnDone gets
  // it. Called again after a retry only if no byte had come yet.
  virtual absl::Status OnStart(uint64_t offset, const ObjectVersion& version) = 0;
  // The next bytes, contiguous, also across retries. False: not now; the same bytes (or more) come
  // again after Resume().
  virtual bool OnData(std::span<const char> bytes) = 0;
  // Once, last. OK: every byte of the range has come, no less and no more.
  virtual void OnDone(const absl::Status& status) = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // The children of the folder `path`; `page` is empty or the next_page of the answer before.
  // NotFound where there is no such folder (an empty prefix of S3 is an empty folder only for the
  // root). Unimplemented where the store has no listings.
  virtual std::shared_ptr<Transfer> List(absl::string_view path, absl::string_view page,
                                         const RequestOptions& options,
                                         std::function<void(absl::StatusOr<ListPage>)> done) = 0;

  // What `path` is now, with its exact size; costs no listing of its parent.
  virtual std::shared_ptr<Transfer> Stat(absl::string_view path, const RequestOptions& options,
                                         std::function<void(absl::StatusOr<Attributes>)> done) = 0;

  // Bytes `range` (not empty, within the object) of `path`, as long as it is `expected`. If-Match
  // is sent where expected.etag is strong; the answer's version and total size are compared always.
  virtual std::shared_ptr<Transfer> ReadRange(absl::string_view path, const ObjectVersion& expected,
                                              ByteRange range, const RequestOptions& options,
                                              std::shared_ptr<RangeSink> sink) = 0;

  // False once the server was seen to answer ranged GETs with the whole object. May change from
  // true to false after the first read.
  virtual bool supports_ranges() const { return true; }
  // True where listings carry what fixes a version (exact sizes and times or ETags).
  virtual bool lists_versions() const { return true; }
  // True where every listing carries the same strong ETags as Stat does (S3, directories): inode
  // numbers are then made of them (fs/identity.h). Constant for a source.
  virtual bool lists_etags() const { return false; }
  // True where List asks nobody: only a Stat (of the root, too) shows whether the remote is there.
  // Constant for a source.
  virtual bool lists_offline() const { return false; }
  // The object's URL, for people: user.larder.source. Without credentials.
  virtual std::string Url(absl::string_view path) const = 0;
};

// --- the same, waiting for the answer: for the command line and tests ---
absl::StatusOr<ListPage> ListAndWait(ObjectStore& store, absl::string_view path,
                                     const RequestOptions& options = {});  // all pages joined
absl::StatusOr<Attributes> StatAndWait(ObjectStore& store, absl::string_view path,
                                       const RequestOptions& options = {});
absl::StatusOr<std::string> ReadAndWait(ObjectStore& store, absl::string_view path,
                                        const ObjectVersion& expected, ByteRange range,
                                        const RequestOptions& options = {});

}  // namespace larder::remote

#endif  // LARDER_REMOTE_OBJECT_STORE_H_
