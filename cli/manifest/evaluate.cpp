// SPDX-License-Identifier: MIT
#include "cli/manifest/evaluate.hpp"

#include "cli/manifest/nix_commands.hpp"
#include "cli/manifest/run_nix.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace switchback {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::chrono::hours kEvaluationLimit{2};
constexpr const char* kSystems = "nixosConfigurations";
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

Result<std::string> absolute(const std::string& path) {
  std::error_code error;
  const auto file = fs::canonical(path, error);
  if (error) return fail(Errc::invalid_request, "cannot open " + path + ": " + error.message());
  return file.string();
}

Result<Words> words_for(const ManifestSource& source, const std::string& flake, const std::string& function) {
  if (source.systems) return nix_eval_flake(flake, of_systems(function), source.nix_arguments, kSystems);
  if (source.file.empty()) return nix_eval_flake(flake, function, source.nix_arguments);
  const auto file = absolute(source.file);
  if (!file) return tl::make_unexpected(file.error());
  return nix_eval_file(file_expression(*file, function, ways_directory()), source.nix_arguments);
}

Result<Evaluated> evaluated_by(const Words& words, const std::string& name, const Interrupt& interrupt) {
  const auto answer = run_nix(words, {.limit = kEvaluationLimit, .read_output = true}, interrupt);
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 0) {
    return fail(Errc::invalid_request, "nix could not evaluate " + name + "; what it says is above");
  }
  return parse_evaluated(answer->output);
}

Result<Evaluated> ask_nix(const ManifestSource& source, const std::string& flake, const Selection& selection,
                          Want want, const Interrupt& interrupt) {
  const auto words = words_for(source, flake, selecting_function(selection, want));
  if (!words) return tl::make_unexpected(words.error());
  return evaluated_by(*words, manifest_name(source, flake), interrupt);
}

}  // namespace

std::string manifest_name(const ManifestSource& source, const std::string& flake) {
  if (source.systems) return flake + "#" + kSystems;
  return source.file.empty() ? flake + "#deploy" : source.file;
}

std::string ways_directory() {
  const char* said = std::getenv("SWITCHBACK_NIX");
  std::error_code error;
  const auto found = fs::canonical(fs::path(said != nullptr ? said : SWITCHBACK_NIX_DIR) / "ways", error);
  return error ? "" : found.string();
}

Result<Evaluated> evaluate_network(const std::vector<std::string>& files, const Words& nix_arguments,
                                   const Interrupt& interrupt) {
  const auto ways = ways_directory();
  if (ways.empty()) {
    return fail(Errc::refused, "the Nix code that reads networks is not in " SWITCHBACK_NIX_DIR
                               "; SWITCHBACK_NIX says where it is");
  }
  std::vector<std::string> found;
  for (const auto& file : files) {
    auto path = absolute(file);
    if (!path) return tl::make_unexpected(path.error());
    found.push_back(std::move(*path));
  }
  const auto function = selecting_function({.all = true}, Want::closures);
  return evaluated_by(nix_eval_file(network_expression(found, function, ways), nix_arguments), files.front(),
                      interrupt);
}

Result<std::string> version_of_nix(const Interrupt& interrupt) {
  const auto answer =
      run_nix(nix_which_version(), {.limit = std::chrono::minutes(2), .read_output = true}, interrupt);
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 0) return fail(Errc::refused, "nix does not tell its version; what it says is above");
  return answer->output;
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
