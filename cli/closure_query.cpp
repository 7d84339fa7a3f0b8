// SPDX-License-Identifier: MIT
#include "cli/closure_query.hpp"

#include "cli/text.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <sstream>

namespace switchback {
namespace {

constexpr std::size_t kLargestAnswer = std::size_t{1024} * 1024;  // of Remote::run
constexpr std::size_t kPathsAtOnce = 500;  // the host's shell takes a command of 128 KiB

using Paths = std::set<std::string>;

/// Old and new versions of nix know this form, and no user has to have turned it on.
Result<std::vector<std::string>> query(Remote& host, Words words, const Waker* waker) {
  words.insert(words.begin(), {"nix-store", "--query"});
  const auto ran = host.run(words, waker);
  if (!ran) return tl::make_unexpected(ran.error());
  if (ran->status != 0) return fail(Errc::refused, printable(last_line(ran->error)));
  if (ran->out.size() >= kLargestAnswer) return fail(Errc::refused, "the closure has too many paths");
  std::vector<std::string> lines;
  std::istringstream text(ran->out);
  for (std::string line; std::getline(text, line);) lines.push_back(std::move(line));
  return lines;
}

Result<Paths> closure_of(Remote& host, const std::string& top, const Waker* waker) {
  if (top.empty()) return Paths{};
  const auto lines = query(host, {"--requisites", top}, waker);
  if (!lines) return tl::make_unexpected(lines.error());
  Paths out;
  for (const auto& line : *lines) {
    if (StorePath::parse(line)) out.insert(line);
  }
  if (!out.contains(top)) return fail(Errc::refused, "nix-store does not tell what belongs to " + top);
  return out;
}

Status add_sizes(Remote& host, const Words& paths, PathSizes& sizes, const Waker* waker) {
  Words words{"--size"};
  words.insert(words.end(), paths.begin(), paths.end());
  const auto lines = query(host, std::move(words), waker);
  if (!lines) return tl::make_unexpected(lines.error());
  if (lines->size() != paths.size())
    return fail(Errc::refused, "nix-store does not tell the sizes of all paths");
  for (std::size_t i = 0; i < paths.size(); ++i) {
    std::uint64_t size = 0;
    const auto& line = (*lines)[i];
    std::from_chars(line.data(), line.data() + line.size(), size);
    sizes[paths[i]] = std::min<std::uint64_t>(size, 1ULL << 50);
  }
  return {};
}

Result<PathSizes> sizes_of(Remote& host, const Paths& before, const Paths& after, const Waker* waker) {
  Words differing;
  std::set_symmetric_difference(before.begin(), before.end(), after.begin(), after.end(),
                                std::back_inserter(differing));
  PathSizes out;
  for (std::size_t at = 0; at < differing.size(); at += kPathsAtOnce) {
    const auto begin = differing.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = std::min(kPathsAtOnce, differing.size() - at);
    const Words some(begin, begin + static_cast<std::ptrdiff_t>(count));
    if (auto added = add_sizes(host, some, out, waker); !added) return tl::make_unexpected(added.error());
  }
  return out;
}

Result<ClosureDifference> query_difference(Remote& host, const std::string& before, const std::string& after,
                                           const Waker* waker) {
  if (before == after) return ClosureDifference{};
  const auto olds = closure_of(host, before, waker);
  if (!olds) return tl::make_unexpected(olds.error());
  const auto news = closure_of(host, after, waker);
  if (!news) return tl::make_unexpected(news.error());
  const auto sizes = sizes_of(host, *olds, *news, waker);
  if (!sizes) return tl::make_unexpected(sizes.error());
  return compare_closures(*olds, *news, *sizes);
}

std::string closure_now(const std::vector<GenerationInfo>& now, const std::string& profile) {
  const auto found = std::find_if(now.begin(), now.end(), [&](const GenerationInfo& generation) {
    return generation.profile == profile;
  });
  return found != now.end() && StorePath::parse(found->closure) ? found->closure : "";
}

}  // namespace

Result<std::vector<ClosureDifference>> query_differences(Remote& host,
                                                         const std::vector<ChangeRequest>& changes,
                                                         const std::vector<GenerationInfo>& now,
                                                         const Waker* waker) {
  std::vector<ClosureDifference> out;
  for (const auto& change : changes) {
    if (!change.closure) continue;
    const auto before = closure_now(now, change.profile.text());
    auto difference = query_difference(host, before, change.closure->text(), waker);
    if (!difference) return tl::make_unexpected(difference.error());
    difference->profile = change.profile.text();
    if (!before.empty()) difference->before = *StorePath::parse(before);
    difference->after = change.closure;
    out.push_back(std::move(*difference));
  }
  return out;
}

}  // namespace switchback
