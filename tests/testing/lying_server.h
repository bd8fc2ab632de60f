// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#ifndef LARDER_TESTS_TESTING_LYING_SERVER_H_
#define LARDER_TESTS_TESTING_LYING_SERVER_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/byte_range.h"
#include "base/file.h"
#include "base/mutex.h"

namespace larder::testing {

// An HTTP server whose every answer is what the test says, down to the bytes on the wire: for what
// real servers do only when they fail, are misconfigured or lie. It listens on a free port of
// 127.0.0.1, with a thread for each connection.
class LyingServer {
 public:
  struct Request {
    std::string method;
    std::string target;                          // as it stood in the request line
    std::map<std::string, std::string> headers;  // names in lower case

    std::string Header(const std::string& name) const;
    // Of a Range header "bytes=a-b" with both ends.
    std::optional<ByteRange> range() const;
  };

  // The way back of one request; for its handler, on its thread.
  class Answer {
   public:
    // Bytes as they are.
    void Raw(absl::string_view bytes);
    // "HTTP/1.1 STATUS", the headers ("Name: value"), Content-Length (of `body`, unless a header
    // says another), and the body; no body where HEAD was asked.
    void Send(int status, const std::vector<std::string>& headers, absl::string_view body);
    // Ends the connection; Reset: rudely.
    void Close();
    void Reset();
    // True once the connection has ended, as far as was noticed by sending.
    bool gone() const { return closed_; }
    // Sends nothing more until the client has gone or the server ends.
    void Stall();

   private:
    friend class LyingServer;
    Answer(int socket, bool head) : socket_(socket), head_(head) {}
    const int socket_;
    const bool head_;
    bool closed_ = false;
  };

  // Called on connections' threads, several at a time. `nth` counts all requests of this server
  // from 0.
  using Handler = std::function<void(const Request& request, int nth, Answer& answer)>;

  explicit LyingServer(Handler handler);
  ~LyingServer();
  LyingServer(const LyingServer&) = delete;
  LyingServer& operator=(const LyingServer&) = delete;

  int port() const { return port_; }
  // http://127.0.0.1:PORT; or with another name for this machine.
  std::string url(absl::string_view host = "127.0.0.1") const;
  // Connections accepted so far.
  int connections() const ABSL_LOCKS_EXCLUDED(mutex_);
  // All that have come so far.
  std::vector<Request> requests() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Accept();
  void Serve(int socket);
  // False: the client has gone, or sent no HTTP.
  static bool ReadRequest(int socket, std::string* pending, Request* request);

  const Handler handler_;
  File listener_;
  int port_ = 0;
  mutable Mutex mutex_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Request> requests_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> sockets_ ABSL_GUARDED_BY(mutex_);  // open ones
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

// A truthful answer to a GET or HEAD of `body`, with Range and `headers`: what a lie starts from.
void AnswerTruthfully(const LyingServer::Request& request, absl::string_view body,
                      const std::vector<std::string>& headers, LyingServer::Answer& answer);

}  // namespace larder::testing

#endif  // LARDER_TESTS_TESTING_LYING_SERVER_H_
