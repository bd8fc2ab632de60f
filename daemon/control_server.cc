// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "daemon/control_server.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/log.h"
#include "daemon/runtime_folder.h"

namespace larder {
namespace {

// What a link points to; empty: no link.
std::string LinkTarget(const std::string& link) {
  char target[PATH_MAX];
  const ssize_t length = readlink(link.c_str(), target, sizeof(target));
  return length < 0 ? "" : std::string(target, static_cast<size_t>(length));
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

class ControlServer::Call final : public ControlCall {
 public:
  Call(const ControlServer* server, LineChannel* channel) : server_(server), channel_(channel) {}
  absl::Status SendProgress(const Json& progress) override {
    return channel_->Write(ProgressMessage(progress), kWriteTimeout);
  }
  bool IsCancelled() const override { return server_->stopping() || channel_->IsClosed(); }

 private:
  const ControlServer* const server_;
  LineChannel* const channel_;
};

absl::StatusOr<std::unique_ptr<ControlServer>> ControlServer::Create(
    const std::string& folder, std::map<std::string, ControlHandler> handlers) {
  RemoveStaleSockets(folder);
  std::string socket_path = absl::StrCat(folder, "/", getpid(), ".sock");
  LARDER_ASSIGN_OR_RETURN(File listener, ListenOn(socket_path));
  std::unique_ptr<ControlServer> server(
      new ControlServer(folder, std::move(socket_path), std::move(listener), std::move(handlers)));
  server->acceptor_ = std::thread([server = server.get()] { server->Accept(); });
  return server;
}

ControlServer::ControlServer(std::string folder, std::string socket_path, File listener,
                             std::map<std::string, ControlHandler> handlers)
    : folder_(std::move(folder)),
      socket_path_(std::move(socket_path)),
      listener_(std::move(listener)),
      handlers_(std::move(handlers)) {}

ControlServer::~ControlServer() {
  Stop();
  MutexLock lock(&mutex_);
  for (const std::string& link : links_) {
    // A later daemon may have it by now.
    if (LinkTarget(link) == BaseName(socket_path_)) unlink(link.c_str());
  }
  unlink(socket_path_.c_str());
}

absl::Status ControlServer::AddMountpoint(const std::string& mountpoint) {
  const std::string link = SocketLink(folder_, mountpoint);
  const std::string temporary = absl::StrCat(link, ".", getpid());
  unlink(temporary.c_str());
  if (symlink(BaseName(socket_path_).c_str(), temporary.c_str()) != 0 ||
      rename(temporary.c_str(), link.c_str()) != 0) {
    return ErrnoError(errno, link);
  }
  MutexLock lock(&mutex_);
  links_.push_back(link);
  return absl::OkStatus();
}

void ControlServer::Stop() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    for (const auto& client : clients_) client->channel.Shutdown();
  }
  shutdown(listener_.fd(), SHUT_RDWR);  // accept() returns
  if (acceptor_.joinable()) acceptor_.join();
  std::list<std::unique_ptr<Client>> clients;
  {
    MutexLock lock(&mutex_);
    clients.swap(clients_);
  }
  for (const auto& client : clients) client->thread.join();
}

bool ControlServer::stopping() const {
  MutexLock lock(&mutex_);
  return stopping_;
}

void ControlServer::Accept() {
  for (;;) {
    const int fd = accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    if (stopping()) {
      if (fd >= 0) close(fd);
      return;
    }
    if (fd < 0) {
      // Out of descriptors or memory: not for long, hopefully, and not in a busy loop.
      if (errno != EINTR && errno != ECONNABORTED) poll(nullptr, 0, 100);
      continue;
    }
    JoinDone();
    auto client = std::make_unique<Client>(File(fd, "control client"));
    Client* const served = client.get();
    MutexLock lock(&mutex_);
    if (clients_.size() >= kMaxClients) continue;  // it sees the connection closed
    clients_.push_back(std::move(client));
    served->thread = std::thread([this, served] { ServeClient(served); });
  }
}

void ControlServer::JoinDone() {
  std::list<std::unique_ptr<Client>> done;
  {
    MutexLock lock(&mutex_);
    for (auto it = clients_.begin(); it != clients_.end();) {
      auto next = std::next(it);
      if ((*it)->done) done.splice(done.end(), clients_, it);
      it = next;
    }
  }
  for (const auto& client : done) client->thread.join();
}

void ControlServer::ServeClient(Client* client) {
  const absl::StatusOr<std::string> line = client->channel.Read(kRequestTimeout);
  if (line.ok()) {
    const std::string answer = Answer(*line, client->channel);
    // A client that is gone is no error.
    (void)client->channel.Write(answer, kWriteTimeout);
  } else if (!absl::IsOutOfRange(line.status())) {
    (void)client->channel.Write(ErrorMessage(line.status()), kWriteTimeout);
  }
  client->channel.Shutdown();
  MutexLock lock(&mutex_);
  client->done = true;
}

std::string ControlServer::Answer(const std::string& line, LineChannel& channel) {
  const absl::StatusOr<Json> request = FromLine(line);
  if (!request.ok()) return ErrorMessage(request.status());
  const std::string op = StringIn(*request, "op");
  const auto handler = handlers_.find(op);
  if (handler == handlers_.end()) {
    return ErrorMessage(absl::UnimplementedError(
        absl::StrCat("this daemon knows no operation \"", op, "\"; is it an older release?")));
  }
  Call call(this, &channel);
  const absl::StatusOr<Json> result = handler->second(*request, call);
  return result.ok() ? ResultMessage(*result) : ErrorMessage(result.status());
}

}  // namespace larder
