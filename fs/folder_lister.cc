// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "fs/folder_lister.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"

namespace larder::fs {

void FolderLister::List(absl::string_view folder, uint64_t known_listing,
                        const remote::RequestOptions& options, Done done) {
  if (!flights_.Join(folder, std::move(done))) return;
  const std::optional<index::FolderRecord> record = tables_->FindFolder(folder);
  if (record && record->listing != known_listing) {
    writer_->Run([this, key = std::string(folder)] { flights_.Finish(key, absl::OkStatus()); });
    return;
  }
  auto listing = std::make_shared<Listing>();
  listing->folder = std::string(folder);
  listing->options = options;
  listing->sweep.folder = listing->folder;
  listing->sweep.began = clock_->Now();
  listing->sweep.listing = tables_->NextListing(folder, listing->sweep.began);
  AskPage(listing, "");
}

void FolderLister::AskPage(const ListingPointer& listing, const std::string& page) {
  listing->asked_page = page;
  listing->page_asked_at = clock_->Now();
  calls_->List(listing->folder, page, listing->options,
               [this, listing](absl::StatusOr<remote::ListPage> answer) {
                 TakePage(listing, std::move(answer));
               });
}

void FolderLister::TakePage(const ListingPointer& listing, absl::StatusOr<remote::ListPage> page) {
  availability_->Report(listing->folder, page.status());
  if (!page.ok()) {
    // The root is there, whatever the remote says of it: its absence is an error to tell, not a
    // name to forget.
    if (absl::IsNotFound(page.status()) && !listing->folder.empty()) {
      (void)tables_->ApplyAbsent(listing->folder, listing->page_asked_at);
    }
    Finish(listing, page.status());
    return;
  }
  listing->page = *std::move(page);
  listing->applied = 0;
  listing->hidden_names += listing->page.hidden_names;
  ApplyStep(listing);
}

void FolderLister::ApplyStep(const ListingPointer& listing) {
  const std::span<const remote::ListEntry> rest =
      std::span(listing->page.entries).subspan(listing->applied);
  const size_t count = std::min(rest.size(), CatalogTables::kMaxStep);
  if (count > 0) {
    const absl::Status status = tables_->ApplyListed(listing->folder, listing->sweep.listing,
                                                     rest.first(count), listing->page_asked_at);
    if (!status.ok()) return Finish(listing, status);
    listing->applied += count;
  }
  if (count < rest.size()) {
    // Behind what has queued up meanwhile.
    writer_->Run([this, listing] { ApplyStep(listing); });
    return;
  }
  const std::string next = listing->page.next_page;
  listing->page = {};
  if (next.empty()) return SweepStep(listing);
  if (next == listing->asked_page) {
    return Finish(listing, absl::DataLossError(absl::StrCat("listing of '", listing->folder,
                                                            "': the page after '", next,
                                                            "' is the same page again")));
  }
  AskPage(listing, next);
}

void FolderLister::SweepStep(const ListingPointer& listing) {
  const absl::Status status = tables_->SweepStep(&listing->sweep);
  if (!status.ok()) return Finish(listing, status);
  if (!listing->sweep.done) {
    writer_->Run([this, listing] { SweepStep(listing); });
    return;
  }
  counters_->hidden_names.Add(listing->hidden_names);
  Finish(listing, absl::OkStatus());
}

void FolderLister::Finish(const ListingPointer& listing, const absl::Status& status) {
  flights_.Finish(listing->folder, status);
}

}  // namespace larder::fs
