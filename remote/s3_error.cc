// Copyright 2026 The Larder Authors. SPDX-License-Identifier: Apache-2.0
#include "remote/s3_error.h"

#include <pugixml.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace larder::remote {
namespace {

std::string Text(const pugi::xml_node& error, const char* name) {
  std::string text = error.child_value(name);
  if (text.size() > kMaxErrorText) text.resize(kMaxErrorText);
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return text;
}

using Code = absl::StatusCode;

// Codes that mean the same whatever the request was.
// docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
struct KnownCode {
  absl::string_view code;
  Code meaning;
  bool retryable;
  absl::string_view text;  // what is wrong and what to do
};

constexpr KnownCode kKnownCodes[] = {
    {"AccountProblem", Code::kPermissionDenied, false,
     "the account has a problem: ask the store's operator"},
    {"AllAccessDisabled", Code::kPermissionDenied, false,
     "all access to the bucket is switched off"},
    {"ExpiredToken", Code::kUnauthenticated, false,
     "the session token has expired: get new credentials (those in a credentials file are read "
     "again by themselves; those in "
     "the environment need a new mount)"},
    {"InternalError", Code::kUnavailable, true, "the store has an internal error"},
    {"InvalidAccessKeyId", Code::kUnauthenticated, false,
     "the store does not know this access key: check AWS_ACCESS_KEY_ID or --profile, and that "
     "--endpoint-url is the store the "
     "key is for"},
    {"InvalidRange", Code::kFailedPrecondition, false,
     "is shorter than the version that was opened"},
    {"InvalidSecurity", Code::kUnauthenticated, false, "the credentials are not valid: check them"},
    {"InvalidToken", Code::kUnauthenticated, false,
     "the session token is not valid: unset AWS_SESSION_TOKEN if the key is a permanent one, else "
     "get new credentials"},
    {"NotSignedUp", Code::kPermissionDenied, false, "the account is not signed up for S3"},
    {"PreconditionFailed", Code::kFailedPrecondition, false,
     "is no longer the version that was opened"},
    {"RequestTimeTooSkewed", Code::kUnauthenticated, false,
     "this machine's clock is more than 15 minutes off the store's: set it (NTP)"},
    {"RequestTimeout", Code::kUnavailable, true, "the store waited too long for the request"},
    {"ServiceUnavailable", Code::kUnavailable, true, "the store is overloaded for now"},
    {"SignatureDoesNotMatch", Code::kUnauthenticated, false,
     "the secret key does not belong to the access key: check AWS_SECRET_ACCESS_KEY or --profile "
     "(or a proxy between here "
     "and the store changes requests)"},
    {"SlowDown", Code::kUnavailable, true, "the store asks for fewer requests"},
    {"TooManyRequests", Code::kUnavailable, true, "the store asks for fewer requests"},
    {"Throttling", Code::kUnavailable, true, "the store asks for fewer requests"},
    // versitygw's InvalidAccessKeyId, with status 404.
    {"XAdminUserNotFound", Code::kUnauthenticated, false,
     "the store does not know this access key: check AWS_ACCESS_KEY_ID or --profile"},
    {"RequestLimitExceeded", Code::kUnavailable, true, "the store asks for fewer requests"},
};

std::string ServerSaid(const S3Error& error) {
  if (error.code.empty()) return "";
  return error.message.empty() ? absl::StrCat(" (", error.code, ")")
                               : absl::StrCat(" (", error.code, ": ", error.message, ")");
}

HttpRefusal Refusal(Code code, const S3Request& request, absl::string_view text,
                    const S3Error& error, bool retryable = false) {
  return {absl::Status(code, absl::StrCat(request.object, ": ", text, ServerSaid(error))),
          retryable};
}

HttpRefusal OtherRegion(const S3Request& request, const S3Error& error, absl::string_view region) {
  std::string text =
      absl::StrCat("bucket '", request.bucket, "' can't be reached by way of ", request.endpoint);
  if (!region.empty()) {
    absl::StrAppend(&text, ": it is in region ", region, ": use --region ", region);
  } else if (!error.endpoint.empty()) {
    absl::StrAppend(&text, ": the store says it is at ", error.endpoint,
                    ": use --endpoint-url, or --region of that place");
  } else {
    absl::StrAppend(&text, ": it is in another region: use --region");
  }
  return Refusal(Code::kInvalidArgument, request, text, error);
}

HttpRefusal Denied(const S3Request& request, const S3Error& error) {
  if (request.is_anonymous) {
    return Refusal(Code::kPermissionDenied, request,
                   "the store does not allow this to anonymous requests: mount without "
                   "--anonymous, with credentials",
                   error);
  }
  return Refusal(Code::kPermissionDenied, request,
                 "these credentials may not read it: they need s3:ListBucket on the bucket and "
                 "s3:GetObject on its objects "
                 "(without s3:ListBucket, what does not exist is refused as well)",
                 error);
}

HttpRefusal Archived(const S3Request& request, const S3Error& error, const HttpHead& head) {
  absl::string_view where = error.storage_class;
  if (where.empty()) where = head.Header("x-amz-storage-class");
  if (where.empty()) where = "cold storage";
  return Refusal(
      Code::kPermissionDenied, request,
      absl::StrCat("is archived in ", where, ": restore it first (aws s3api restore-object)"),
      error);
}

// Without a code: HEAD, or something on the way that is no S3.
HttpRefusal ExplainBareStatus(const S3Request& request, const HttpHead& head) {
  const S3Error none;
  switch (head.status) {
    case 400:
      // S3 answers a HEAD so for an expired token or a wrong region, and keeps the reason to
      // itself.
      return Refusal(Code::kPermissionDenied, request,
                     "refused with status 400 and no reason: the session token may have expired, "
                     "or the bucket be in another "
                     "region (--region)",
                     none);
    case 401:
    case 403:
      return Denied(request, none);
    case 404:
      return {
          absl::NotFoundError(absl::StrCat(request.object, ": not found at ", request.endpoint)),
          false};
    case 301:
    case 302:
    case 307:
    case 308:
      if (!head.Header("location").empty()) {
        return Refusal(Code::kInvalidArgument, request,
                       absl::StrCat(request.endpoint, " sends us on to ", head.Header("location"),
                                    ": give the store's own address by --endpoint-url"),
                       none);
      }
      return OtherRegion(request, none, "");
    default: {
      HttpRefusal refusal = ExplainHttpError(head);
      refusal.status = absl::Status(refusal.status.code(),
                                    absl::StrCat(request.object, ": ", refusal.status.message()));
      return refusal;
    }
  }
}

}  // namespace

S3Error ParseS3Error(absl::string_view body) {
  S3Error result;
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return result;
  const pugi::xml_node error = document.child("Error");
  result.code = Text(error, "Code");
  result.message = Text(error, "Message");
  result.region = Text(error, "Region");
  result.endpoint = Text(error, "Endpoint");
  result.storage_class = Text(error, "StorageClass");
  return result;
}

HttpRefusal ExplainS3Error(const S3Request& request, const HttpHead& head, absl::string_view body) {
  const S3Error error = ParseS3Error(body);
  // Amazon names the bucket's region also where there is no body.
  absl::string_view region = error.region;
  if (region.empty() && head.status != 403) region = head.Header("x-amz-bucket-region");

  if (error.code == "NoSuchBucket") {
    return Refusal(Code::kNotFound, request,
                   absl::StrCat("there is no bucket '", request.bucket, "' at ", request.endpoint,
                                ": check the source and --endpoint-url"),
                   error);
  }
  if (error.code == "NoSuchKey" || error.code == "NotFound") {
    return {absl::NotFoundError(absl::StrCat(request.object, ": not found at ", request.endpoint)),
            false};
  }
  if (error.code == "InvalidObjectState") return Archived(request, error, head);
  if (error.code == "PermanentRedirect" || error.code == "TemporaryRedirect" ||
      error.code == "AuthorizationHeaderMalformed" ||
      error.code == "IllegalLocationConstraintException" ||
      (error.code.empty() && !region.empty() && (head.status / 100 == 3 || head.status == 400))) {
    if (error.code != "AuthorizationHeaderMalformed" || !region.empty()) {
      return OtherRegion(request, error, region);
    }
  }
  if (error.code == "AccessDenied" || error.code == "Forbidden") return Denied(request, error);
  for (const KnownCode& known : kKnownCodes) {
    if (error.code == known.code)
      return Refusal(known.meaning, request, known.text, error, known.retryable);
  }
  if (error.code.empty()) return ExplainBareStatus(request, head);
  const HttpRefusal by_status = ExplainHttpError(head);
  // "Not found" is an answer only where it is about the object.
  const Code code =
      absl::IsNotFound(by_status.status) ? Code::kUnavailable : by_status.status.code();
  return Refusal(code, request, absl::StrCat("refused with status ", head.status), error,
                 by_status.retryable);
}

}  // namespace larder::remote
