// SPDX-License-Identifier: MIT
#include "cli/manifest/evaluate.hpp"

#include "cli/manifest/nix_commands.hpp"
#include "cli/manifest/run_nix.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace switchback {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::hours kEvaluationLimit{2};
constexpr std::uintmax_t kLargestFile = 64UL * 1024 * 1024;

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) return fail(Errc::invalid_request, "cannot open " + path + ": " + error.message());
  if (size > kLargestFile) return fail(Errc::invalid_request, path + " is too large to be a manifest");
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return fail(Errc::invalid_request, "cannot read " + path + ": " + errno_text(errno));
  }
  return text;
}

Result<Evaluated> read_json(const std::string& path, const Selection& selection) {
  const auto text = read_file(path);
  if (!text) return tl::make_unexpected(text.error());
  try {
    return select(json::parse(*text), selection);
  } catch (const json::exception& error) {
    return fail(Errc::invalid_request, path + " is not JSON: " + error.what());
  }
}

Result<Words> words_for(const ManifestSource& source, const std::string& flake, const std::string& function) {
  if (source.file.empty()) return nix_eval_flake(flake, function, source.nix_arguments);
  std::error_code error;
  const auto file = fs::canonical(source.file, error);
  if (error) return fail(Errc::invalid_request, "cannot open " + source.file + ": " + error.message());
  return nix_eval_file(file_expression(file.string(), function), source.nix_arguments);
}

Result<Evaluated> ask_nix(const ManifestSource& source, const std::string& flake, const Selection& selection,
                          Want want, const Interrupt& interrupt) {
  const auto words = words_for(source, flake, selecting_function(selection, want));
  if (!words) return tl::make_unexpected(words.error());
  const auto answer = run_nix(*words, {.limit = kEvaluationLimit, .read_output = true}, interrupt);
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 0) {
    return fail(Errc::invalid_request,
                "nix could not evaluate " + manifest_name(source, flake) + "; what it says is above");
  }
  return parse_evaluated(answer->output);
}

}  // namespace

std::string manifest_name(const ManifestSource& source, const std::string& flake) {
  return source.file.empty() ? flake + "#deploy" : source.file;
}

Result<Evaluated> evaluate(const ManifestSource& source, const std::string& flake, const Selection& selection,
                           Want want, const Interrupt& interrupt) {
  auto evaluated = source.file.ends_with(".json") ? read_json(source.file, selection)
                                                  : ask_nix(source, flake, selection, want, interrupt);
  if (!evaluated) return evaluated;
  if (const auto good = check_selection(selection, *evaluated); !good) {
    return tl::make_unexpected(with_context(good.error(), manifest_name(source, flake)));
  }
  return evaluated;
}

}  // namespace switchback
