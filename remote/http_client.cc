// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/errors.h"
#include "base/file.h"
#include "remote/http_client_loop.h"
#include "remote/http_client_transfer.h"

namespace larder::remote {
namespace {

constexpr int kMaxThreads = 4;
constexpr size_t kMaxCaBundleBytes = 16 << 20;

class MultiHttpClient : public HttpClient {
 public:
  MultiHttpClient(const HttpClientOptions& options, int threads, DatasetCounters* counters) {
    const auto share = [threads](int limit) { return (limit + threads - 1) / threads; };
    for (int i = 0; i < threads; ++i) {
      loops_.push_back(std::make_unique<HttpClientLoop>(options, share(options.connections),
                                                        share(kMetadataConnections), counters));
    }
  }

  std::shared_ptr<HttpTransfer> Start(HttpRequest request,
                                      std::shared_ptr<HttpHandler> handler) override {
    // The least loaded; among equals the first, so that one request after the other finds its
    // connection again.
    HttpClientLoop* loop = loops_.front().get();
    for (const auto& other : loops_) {
      if (other->load() < loop->load()) loop = other.get();
    }
    auto transfer =
        std::make_shared<HttpClientTransfer>(std::move(request), std::move(handler), loop);
    loop->Start(transfer);
    return transfer;
  }

 private:
  std::vector<std::unique_ptr<HttpClientLoop>> loops_;
};

absl::Status CheckCaBundle(const std::string& path) {
  auto content = ReadFileToString(path, kMaxCaBundleBytes);
  if (!content.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--ca-bundle: can't read it: ", content.status().message()));
  }
  if (content->find("-----BEGIN ") == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("--ca-bundle: ", path, " holds no certificate in PEM form"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpClient>> HttpClient::Create(const HttpClientOptions& options,
                                                               DatasetCounters* counters) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (!options.ca_bundle.empty()) LARDER_RETURN_IF_ERROR(CheckCaBundle(options.ca_bundle));
  int threads = options.threads;
  if (threads <= 0) {
    const int cores = static_cast<int>(std::thread::hardware_concurrency());
    threads = std::clamp(cores, 1, kMaxThreads);
  }
  threads = std::min(threads, std::max(1, options.connections));
  return std::make_unique<MultiHttpClient>(options, threads, counters);
}

}  // namespace larder::remote
