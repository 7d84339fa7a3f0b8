// SPDX-License-Identifier: MIT
#include "cli/activator_closure.hpp"

#include "cli/elf.hpp"
#include "cli/process.hpp"
#include "cli/text.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace switchback {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStore = "/nix/store/";
constexpr const char* kActivator = "bin/switchback-activator";
constexpr const char* kProbe = "lib/switchback/switchback-probe";
constexpr const char* kGenerator = "lib/systemd/system-generators/switchback-generator";
constexpr std::array<const char*, 7> kFiles{kActivator,
                                            kProbe,
                                            kGenerator,
                                            "lib/switchback/switchback-bootstrap",
                                            "lib/systemd/system/switchback-activator.service",
                                            "lib/systemd/system/switchback-activator.socket",
                                            "lib/systemd/system/switchback-recover.service"};
constexpr std::chrono::minutes kNixTimeout{5};

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Error nothing_here(const std::string& where) {
  return {Errc::refused,
          "there is no activator to bring along " + where +
              ". Install the package switchback-activator here, too, or unpack it and name it:\n"
              "    dpkg-deb -x switchback-activator_*.deb activator\n"
              "    switchback deploy --bootstrap --activator activator/usr ..."};
}

/// Removed with all that is in it when its owner goes.
class Workplace {
 public:
  Workplace() {
    std::error_code ignored;
    auto path = (fs::temp_directory_path(ignored) / "switchback-XXXXXX").string();
    if (mkdtemp(path.data()) != nullptr) path_ = path;
  }
  ~Workplace() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Starts `program` by the loader beside it: the host's own may be older than what it was linked with, or in
/// another place. `up` leads from the wrapper's directory to the closure.
std::string wrapper(const std::string& up, const std::string& loader, const std::string& program) {
  return "#!/bin/sh\n"
         "# Runs the program with the libraries that it was built with, whatever this host has.\n"
         "here=${0%/*}/" +
         up + "\nSWITCHBACK_PROGRAM=$0\nexport SWITCHBACK_PROGRAM\nexec \"$here/lib/runtime/" + loader +
         "\" --library-path \"$here/lib/runtime\" \"$here/libexec/" + program + "\" \"$@\"\n";
}

Result<std::vector<Library>> libraries_of(const std::string& program, const Interrupt& interrupt) {
  const auto ran = run_program({"ldd", program}, {.environment = {{"LC_ALL", "C"}}},
                               Clock::now() + kNixTimeout, &interrupt.waker());
  if (!ran)
    return fail(Errc::refused, "cannot tell which libraries " + program + " needs: " + ran.error().message);
  if (ran->status != 0) {
    return fail(Errc::refused, "cannot tell which libraries " + program + " needs: ldd: " +
                                   printable(last_line(ran->error.empty() ? ran->out : ran->error)));
  }
  auto libraries = parse_ldd(ran->out);
  if (!libraries) return tl::make_unexpected(with_context(libraries.error(), program));
  return libraries;
}

/// The program itself beside its libraries, and a wrapper in its place. Throws filesystem_error.
Status carry(const std::string& prefix, const std::string& name, const std::string& up, const fs::path& to,
             const Interrupt& interrupt) {
  const auto program = prefix + "/" + name;
  const auto elf = read_elf(program);
  if (!elf) return tl::make_unexpected(elf.error());
  fs::create_directories((to / name).parent_path());
  if (!*elf || (*elf)->loader.empty()) {
    fs::copy_file(program, to / name);
    return {};
  }
  const auto libraries = libraries_of(program, interrupt);
  if (!libraries) return tl::make_unexpected(libraries.error());
  const auto overwrite = fs::copy_options::overwrite_existing;
  for (const auto& library : *libraries)
    fs::copy_file(library.file, to / "lib/runtime" / library.name, overwrite);
  const auto loader = fs::path((*elf)->loader).filename();
  fs::copy_file((*elf)->loader, to / "lib/runtime" / loader, overwrite);
  fs::permissions(to / "lib/runtime" / loader, fs::perms(0755));
  const auto bare = fs::path(name).filename().string();
  fs::copy_file(program, to / "libexec" / bare);
  std::ofstream(to / name) << wrapper(up, loader.string(), bare);
  fs::permissions(to / name, fs::perms(0755));
  return {};
}

/// Throws filesystem_error.
Status gather(const std::string& prefix, const fs::path& to, const Interrupt& interrupt) {
  fs::create_directories(to / "lib/runtime");
  fs::create_directories(to / "libexec");
  for (const auto* name : kFiles) {
    if (name == kActivator || name == kProbe) continue;
    fs::create_directories((to / name).parent_path());
    fs::copy_file(prefix + "/" + name, to / name);
  }
  if (auto carried = carry(prefix, kActivator, "..", to, interrupt); !carried) return carried;
  return carry(prefix, kProbe, "../..", to, interrupt);
}

Result<StorePath> add_to_store(const std::string& directory, const Interrupt& interrupt) {
  const auto ran =
      run_program({"nix-store", "--add", directory}, {}, Clock::now() + kNixTimeout, &interrupt.waker());
  if (!ran) return fail(Errc::refused, "cannot put the activator into the nix store: " + ran.error().message);
  auto path = StorePath::parse(last_line(ran->out));
  if (ran->status == 0 && path) return path;
  return fail(Errc::refused,
              "cannot put the activator into the nix store: " + printable(last_line(ran->error)));
}

Result<StorePath> made_of(const std::string& prefix, const Interrupt& interrupt) {
  const Workplace work;
  if (work.path().empty()) return fail(Errc::refused, "cannot make a directory in $TMPDIR or /tmp");
  const auto directory = work.path() + "/switchback-activator-" SWITCHBACK_VERSION;
  try {
    if (auto gathered = gather(prefix, directory, interrupt); !gathered)
      return tl::make_unexpected(gathered.error());
  } catch (const fs::filesystem_error& error) {
    return fail(Errc::refused, std::string("cannot gather the activator's files: ") + error.what());
  }
  return add_to_store(directory, interrupt);
}

/// A wrapper tells nothing of the machine; what it starts does.
Result<ElfFacts> activator_elf(const std::string& prefix) {
  for (const std::string name : {"libexec/switchback-activator", kActivator}) {
    if (!is_there(prefix + "/" + name)) continue;
    const auto elf = read_elf(prefix + "/" + name);
    if (!elf) return tl::make_unexpected(elf.error());
    if (*elf) return **elf;
  }
  return fail(Errc::refused, prefix + "/" + kActivator + " is no program that could be copied to a host");
}

}  // namespace

Result<std::vector<Library>> parse_ldd(const std::string& text) {
  std::vector<Library> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string name;
    std::string arrow;
    std::string file;
    words >> name >> arrow >> file;
    if (arrow != "=>") continue;  // the loader, and what the kernel brings
    if (file == "not") {
      return fail(Errc::refused,
                  "this machine has no " + printable(name) +
                      ", which the activator is linked with: install what its package depends on");
    }
    if (file.starts_with('/') && name.find('/') == std::string::npos) out.push_back({name, file});
  }
  return out;
}

Result<std::string> find_activator(const std::optional<std::string>& named, const std::string& self) {
  std::error_code error;
  if (named) {
    const auto real = fs::canonical(*named, error).string();
    if (error) return fail(Errc::refused, "--activator: cannot open " + *named + ": " + error.message());
    if (is_there(real + "/" + kActivator)) return real;
    return tl::make_unexpected(nothing_here("in " + real));
  }
  const auto program = fs::canonical(self, error);
  const auto prefix = program.parent_path().parent_path().string();
  if (!error && is_there(prefix + "/" + kActivator)) return prefix;
  return tl::make_unexpected(nothing_here("beside this command"));
}

Result<ActivatorClosure> activator_closure(const std::string& prefix, const Interrupt& interrupt) {
  for (const auto* name : kFiles) {
    if (is_there(prefix + "/" + name)) continue;
    return fail(Errc::refused, prefix + " has no " + name +
                                   ": the activator there is not whole, or older than this command");
  }
  const auto elf = activator_elf(prefix);
  if (!elf) return tl::make_unexpected(elf.error());
  const auto generator = read_elf(prefix + "/" + kGenerator);
  if (!generator) return tl::make_unexpected(generator.error());
  auto path = prefix.starts_with(kStore) ? StorePath::parse(prefix) : made_of(prefix, interrupt);
  if (!path) return tl::make_unexpected(path.error());
  return ActivatorClosure{std::move(*path), elf->machine, *generator ? (*generator)->loader : ""};
}

}  // namespace switchback
