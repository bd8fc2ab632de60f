// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_REMOTE_HTTP_CLIENT_H_
#define LARDER_REMOTE_HTTP_CLIENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/byte_range.h"
#include "base/metrics.h"

// The one HTTP client of Larder, over libcurl's multi interface. It sends one request once:
// retries, versions and what a status means are of the layers above (http_fetch.h, range_read.h).
//
// Connections are kept and shared by all transfers of a client. Every new connection resolves the
// host afresh and takes its addresses in random order, so parallel connections spread over all
// addresses of the endpoint. HTTP/1.1 only: a connection for each ranged GET in flight is what
// fills a network. TLS is verified.

namespace larder::remote {

enum class HttpMethod : uint8_t { kGet, kHead };

// Metadata requests have places of their own, so that a folder's listing never waits behind bulk
// reads.
enum class HttpClass : uint8_t { kMetadata, kBulk };

struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  HttpClass priority = HttpClass::kMetadata;
  std::string url;  // percent-encoded already; sent as it is, dots and all. http:// or https://

  // "Name: value". For the origin (scheme, host, port) of `url` only: a redirect to any other drops
  // them, for good. Never logged. A signer puts Host-independent headers here; Host is URL's
  // host[:port], port left out if the scheme's own.
  std::vector<std::string> headers;
  // Credentials by host, as in ~/.netrc; used for the origin of `url` only. Empty: none.
  std::string netrc_file;

  std::optional<ByteRange> range;  // Range: bytes=a-b; not empty
  std::string if_match;            // a strong ETag with its quotes; empty: none

  // Up to kMaxRedirects, to any host but never from https to http. False: the handler gets the 3xx.
  bool follow_redirects = true;
  // For the whole of this request: its wait for a free place included, time paused not.
  absl::Duration time_limit = absl::Seconds(60);
  // When set, every kProgressBytes of body start the limit anew, with this: a limit of waits,
  // whatever the body's size.
  std::optional<absl::Duration> renewed_limit;
};

// The head of an answer: that of the last one, where redirects were followed.
struct HttpHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, values trimmed
  std::string url;                                           // where the answer came from

  // The (first) value; empty if there is none. `name` in lower case.
  absl::string_view Header(absl::string_view name) const;
};

// How one request went on the way. OK means that a whole answer came, whatever its HTTP status.
// Errors name the URL and what to do:
//   Unavailable       can't resolve, connect, send, receive; connection cut; certificate not
//   trusted DeadlineExceeded  time_limit has passed, connecting took too long, or no byte came for
//   the stall time DataLoss          no HTTP, a head beyond the limits, body shorter than its
//   Content-Length Cancelled, InvalidArgument (URL that can't be used), or what OnHead gave
struct HttpOutcome {
  absl::Status status;
  bool retryable = false;  // may go better when tried again
};

// Gets the answer. All calls come from one thread of the client, one at a time, in order; they must
// not block. They may call any method of HttpClient or HttpTransfer.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Once, unless the request fails before. An error ends the transfer and is the outcome's status,
  // not retryable.
  virtual absl::Status OnHead(const HttpHead& head) = 0;
  // The next bytes of the body (at most 16 KiB a call). False: not now; the same bytes (or more)
  // come again after Resume().
  virtual bool OnBody(std::span<const char> bytes) = 0;
  // Exactly once, last.
  virtual void OnDone(const HttpOutcome& outcome) = 0;
};

// A request under way. Thread-safe. Dropping the pointer does not cancel. Calls after OnDone are
// harmless.
class HttpTransfer {
 public:
  virtual ~HttpTransfer() = default;
  // OnDone comes soon, with Cancelled unless another outcome was on its way.
  virtual void Cancel() = 0;
  // After OnBody returned false (even if it is just about to): deliver again.
  virtual void Resume() = 0;
};

struct HttpClientOptions {
  int threads =
      0;  // event loops; 0: min(4, cores). One carries about 2 GB/s (bench/http_read_bench)
  int connections = 64;   // bulk transfers at a time; more wait in order
  std::string ca_bundle;  // PEM file to trust instead of the system's CAs
  absl::Duration connect_timeout = absl::Seconds(10);  // name, TCP and TLS, over all addresses
  absl::Duration stall_timeout = absl::Seconds(15);    // without a byte, once connected, not paused
};

class HttpClient {
 public:
  static constexpr int kMaxRedirects = 5;
  static constexpr int kMetadataConnections = 32;  // at a time, beside the bulk transfers
  static constexpr size_t kMaxHeadBytes = 256 << 10;
  static constexpr uint64_t kProgressBytes =
      64 << 10;  // with the usual 60 s: slower than 1 KiB/s is no progress

  // `counters` (remote_requests, remote_bytes) is not owned and outlives the client.
  // InvalidArgument: the CA bundle can't be read.
  static absl::StatusOr<std::unique_ptr<HttpClient>> Create(const HttpClientOptions& options,
                                                            DatasetCounters* counters);

  // Ends what is under way with Cancelled and waits for the threads. Not from a handler.
  virtual ~HttpClient() = default;

  // Never calls the handler on the caller's stack. Thread-safe.
  virtual std::shared_ptr<HttpTransfer> Start(HttpRequest request,
                                              std::shared_ptr<HttpHandler> handler) = 0;
};

}  // namespace larder::remote

#endif  // LARDER_REMOTE_HTTP_CLIENT_H_
