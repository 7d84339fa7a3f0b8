// SPDX-License-Identifier: MIT
#include "cli/manifest/nix_commands.hpp"

#include <charconv>
#include <utility>

namespace switchback {
namespace {

Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

Words nix(const Words& verb) {
  return Words{"nix", "--extra-experimental-features", "nix-command flakes"} + verb;
}

/// {2, 26} of «2.26.3»; of «2.90.0-lix» too. {0, 0} for what is no version.
std::pair<int, int> version_of(const std::string& text) {
  std::pair<int, int> version{0, 0};
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.first);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') return {0, 0};
  const auto minor = std::from_chars(major.ptr + 1, end, version.second);
  return minor.ec == std::errc{} ? version : std::pair{0, 0};
}

}  // namespace

Words nix_eval_flake(const std::string& flake, const std::string& function, const Words& more,
                     const std::string& output) {
  return nix({"eval", "--json", flake + "#" + output, "--apply", function}) + more;
}

Words nix_eval_file(const std::string& expression, const Words& more) {
  // A file of the user's may read what it likes, as with nix-instantiate.
  return nix({"eval", "--json", "--impure", "--expr", expression}) + more;
}

Words nix_which_version() { return nix({"eval", "--raw", "--expr", "builtins.nixVersion"}); }

Words nix_flake_check(const std::string& flake, const Words& more) {
  return nix({"flake", "check", flake}) + more;
}

Words nix_print_missing(const std::vector<std::string>& closures) {
  return Words{"nix-store", "--check-validity", "--print-invalid"} + closures;
}

Words nix_build(const Words& installables, const Words& more) {
  return nix({"build", "--no-link"}) + installables + more;
}

Words nix_keep(const std::string& closure, const std::string& link) {
  return nix({"build", "--out-link", link, closure});
}

Words nix_sign(const std::vector<std::string>& closures, const std::string& key_file) {
  return nix({"store", "sign", "--recursive", "--key-file", key_file}) + closures;
}

Words nix_copy_derivation(const std::string& installable, const std::string& destination) {
  return nix({"copy", "--substitute-on-destination", "--to", "ssh-ng://" + destination, "--derivation",
              installable});
}

Words nix_build_on_host(const std::string& installable, const std::string& destination, const Words& more) {
  return nix({"build", "--no-link", installable, "--eval-store", "auto", "--store",
              "ssh-ng://" + destination}) +
         more;
}

std::string installable(const Derivation& derivation, const std::string& version) {
  const bool old =
      !version.empty() && version_of(version) < std::pair{2, 15} && version_of(version).first > 0;
  return old ? derivation.path : derivation.path + "^" + derivation.output;
}

}  // namespace switchback
