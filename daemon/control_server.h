// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_DAEMON_CONTROL_SERVER_H_
#define LARDER_DAEMON_CONTROL_SERVER_H_

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "base/mutex.h"
#include "daemon/control_protocol.h"
#include "daemon/line_channel.h"

namespace larder {

// What a request's handler may do beside giving its result.
class ControlCall {
 public:
  virtual ~ControlCall() = default;
  // An error when the client is gone: the handler should end.
  virtual absl::Status SendProgress(const Json& progress) = 0;
  // True once nobody waits for the result: the client hung up, or the server stops.
  virtual bool IsCancelled() const = 0;
};

// Runs on a thread of the server, for as long as it likes.
using ControlHandler = std::function<absl::StatusOr<Json>(const Json& request, ControlCall& call)>;

// The daemon's socket in the runtime folder. Each client has a thread while it is served.
// Thread-safe.
class ControlServer {
 public:
  static constexpr int kMaxClients = 32;
  static constexpr absl::Duration kRequestTimeout = absl::Seconds(5);
  static constexpr absl::Duration kWriteTimeout = absl::Seconds(10);

  // Listens on FOLDER/PID.sock; `handlers` by the request's "op".
  static absl::StatusOr<std::unique_ptr<ControlServer>> Create(
      const std::string& folder, std::map<std::string, ControlHandler> handlers);
  // As Stop(), and removes socket and links.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // Makes the daemon known as the one of `mountpoint`.
  absl::Status AddMountpoint(const std::string& mountpoint) ABSL_LOCKS_EXCLUDED(mutex_);
  // Cancels what is under way and waits for it. No handler runs afterwards.
  void Stop() ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string& socket_path() const { return socket_path_; }

 private:
  struct Client {
    explicit Client(File socket) : channel(std::move(socket)) {}
    LineChannel channel;
    std::thread thread;
    bool done = false;  // guarded by the server's mutex
  };
  class Call;

  ControlServer(std::string folder, std::string socket_path, File listener,
                std::map<std::string, ControlHandler> handlers);
  void Accept() ABSL_LOCKS_EXCLUDED(mutex_);
  void ServeClient(Client* client) ABSL_LOCKS_EXCLUDED(mutex_);
  std::string Answer(const std::string& line, LineChannel& channel);
  void JoinDone() ABSL_LOCKS_EXCLUDED(mutex_);
  bool stopping() const ABSL_LOCKS_EXCLUDED(mutex_);

  const std::string folder_;
  const std::string socket_path_;
  const File listener_;
  const std::map<std::string, ControlHandler> handlers_;

  mutable Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::list<std::unique_ptr<Client>> clients_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> links_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace larder

#endif  // LARDER_DAEMON_CONTROL_SERVER_H_
