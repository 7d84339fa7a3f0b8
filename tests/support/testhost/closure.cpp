// SPDX-License-Identifier: MIT
#include "tests/support/testhost/closure.hpp"

#include <utility>

namespace switchback::test {
namespace {

namespace fs = std::filesystem;

std::string expression(const fs::path& files, const std::string& name,
                       const std::vector<std::string>& needed) {
  std::string inputs;
  for (const auto& path : needed) inputs += "(builtins.storePath \"" + path + "\") ";
  return "derivation { name = \"" + name + "\"; system = builtins.currentSystem; builder = \"/bin/sh\";" +
         " PATH = \"/usr/bin:/bin\"; files = \"${" + files.string() + "}\"; needed = [ " + inputs + "];" +
         " args = [ \"-euc\" ''cp -r \"$files\" \"$out\"; chmod -R u+w \"$out\";" +
         " find \"$out\" -type f -exec sed -i \"s|@out@|$out|g\" {} + '' ]; }";
}

}  // namespace

Closure& Closure::file(const std::string& path, std::string text) {
  files_[path] = std::move(text);
  return *this;
}

Closure& Closure::link(const std::string& path, std::string target) {
  links_[path] = std::move(target);
  return *this;
}

Closure& Closure::needs(std::string store_path) {
  needed_.push_back(std::move(store_path));
  return *this;
}

std::string Closure::build(Pusher& pusher) const {
  const fs::path directory = pusher.scratch() / name_;
  fs::remove_all(directory);
  fs::create_directories(directory);
  bool names_itself = false;
  for (const auto& [path, text] : files_) {
    write_text(directory / path, text);
    if (path.starts_with("bin/") || text.starts_with("#!"))
      fs::permissions(directory / path, fs::perms(0755));
    names_itself = names_itself || text.find("@out@") != std::string::npos;
  }
  for (const auto& [path, target] : links_) {
    fs::create_directories((directory / path).parent_path());
    fs::create_symlink(target, directory / path);
  }
  // `--add` is quicker, but knows of no references.
  if (!names_itself && needed_.empty()) return pusher.output_of({"nix-store", "--add", directory.string()});
  return pusher.output_of({"nix-build", "--no-out-link", "-E", expression(directory, name_, needed_)});
}

Closure web_closure(const std::string& script) {
  Closure closure("web");
  closure.file("bin/web", "#!/bin/sh\n" + script + "\n");
  closure.file("lib/systemd/system/web.service",
               "[Unit]\nDescription=A web service\n[Service]\nExecStart=@out@/bin/web\n"
               "[Install]\nWantedBy=multi-user.target\n");
  return closure;
}

}  // namespace switchback::test
