// SPDX-License-Identifier: MIT
#include "activator/probe/ask_http.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace switchback {
namespace {

constexpr std::size_t kMaxHeaderBytes = std::size_t{64} * 1024;
constexpr std::size_t kShownBytes = 2048;  // of a body

struct Answered {
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::size_t header_bytes = 0;
  std::string body;
};

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::size_t take_header(char* data, std::size_t, std::size_t count, void* to) {
  auto& answered = *static_cast<Answered*>(to);
  const std::string_view line(data, count);
  answered.header_bytes += count;
  if (answered.header_bytes > kMaxHeaderBytes) return 0;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  answered.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                std::string(trimmed(line.substr(colon + 1))));
  return count;
}

/// Taking less than there is ends the transfer.
std::size_t take_body(char* data, std::size_t, std::size_t count, void* to) {
  auto& body = static_cast<Answered*>(to)->body;
  body.append(data, std::min(count, kMaxBodyBytes - body.size()));
  return body.size() < kMaxBodyBytes ? count : 0;
}

std::string wanted_status(const HttpCheck& check) {
  if (check.status.empty()) return "200 to 299";
  std::string text;
  for (const int code : check.status) text += (text.empty() ? "" : " or ") + std::to_string(code);
  return text;
}

bool is_wanted(const HttpCheck& check, long code) {
  if (check.status.empty()) return code >= 200 && code <= 299;
  return std::find(check.status.begin(), check.status.end(), code) != check.status.end();
}

bool has_header(const Answered& answered, const std::string& name, const std::string& value) {
  return std::any_of(answered.headers.begin(), answered.headers.end(), [&](const auto& header) {
    return header.first == lower(name) && header.second.find(value) != std::string::npos;
  });
}

ProbeAnswer judge(const HttpCheck& check, long code, const Answered& answered) {
  const auto shown = answered.body.substr(0, kShownBytes);
  const auto answer = "answered " + std::to_string(code);
  if (!is_wanted(check, code)) return {ProbeExit::missed, answer + ", not " + wanted_status(check), shown};
  for (const auto& [name, value] : check.headers) {
    if (!has_header(answered, name, value))
      return {ProbeExit::missed, answer + " without a header " + name + " that contains «" + value + "»",
              shown};
  }
  if (answered.body.find(check.contains) == std::string::npos)
    return {ProbeExit::missed, answer + ", but its body does not contain «" + check.contains + "»", shown};
  return {ProbeExit::passed, answer, shown};
}

bool says_impossible(CURLcode code) {
  return code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_NOT_BUILT_IN;
}

}  // namespace

ProbeAnswer ask_http(const HttpCheck& check, std::chrono::milliseconds timeout) {
  const std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> curl(::curl_easy_init(), &::curl_easy_cleanup);
  if (!curl) return {ProbeExit::missed, "libcurl cannot be used"};
  Answered answered;
  char problem[CURL_ERROR_SIZE] = "";
  ::curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, problem);
  ::curl_easy_setopt(curl.get(), CURLOPT_URL, check.url.c_str());
  ::curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");  // whatever the environment says
  ::curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "switchback/" SWITCHBACK_VERSION);
  ::curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  ::curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  ::curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, take_header);
  ::curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &answered);
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, take_body);
  ::curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answered);
  const auto result = ::curl_easy_perform(curl.get());
  const bool cut = result == CURLE_WRITE_ERROR && answered.body.size() == kMaxBodyBytes;
  if (result != CURLE_OK && !cut) {
    const std::string_view said = trimmed(problem);
    auto reason = said.empty() ? std::string(::curl_easy_strerror(result)) : std::string(said);
    long number = 0;
    ::curl_easy_getinfo(curl.get(), CURLINFO_OS_ERRNO, &number);
    if (result == CURLE_COULDNT_CONNECT && number != 0)
      reason += ": " + std::string(::strerror(static_cast<int>(number)));
    return {says_impossible(result) ? ProbeExit::impossible : ProbeExit::missed, std::move(reason),
            answered.body.substr(0, kShownBytes)};
  }
  long code = 0;
  ::curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &code);
  return judge(check, code, answered);
}

}  // namespace switchback
