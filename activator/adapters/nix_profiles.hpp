// SPDX-License-Identifier: MIT
// Profiles as Nix keeps them, GC roots that hold a closure meanwhile. Decides where a profile lies (as
// deploy-rs derives it for root) and who moves it: what is root's and among nix's own profiles is moved here,
// so that neither commit nor revert needs a nix that the trial may have broken; the rest by nix-env.
// Source: nix manual, «Profiles», nix-env(1), nix-store(1).
#pragma once

#include "activator/adapters/child_process.hpp"
#include "activator/adapters/event_loop.hpp"
#include "activator/ports/profiles.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace switchback {

struct NixPlaces {
  std::string state = "/nix/var/nix";  // $NIX_STATE_DIR
  std::vector<std::string> programs = {"/run/current-system/sw/bin", "/nix/var/nix/profiles/default/bin",
                                       "/usr/bin"};
  std::map<std::string, std::string> environment;  // for the programs, besides our own
  /// With NIX_STATE_DIR from the environment.
  [[nodiscard]] static NixPlaces of_host();
};

class NixProfiles : public Profiles {
 public:
  NixProfiles(EventLoop& loop, NixPlaces places);

  [[nodiscard]] Result<ProfileLink> locate(const ProfileName& profile, const std::string& user) override;
  [[nodiscard]] Result<std::optional<CurrentGeneration>> current(const ProfileLink& profile) override;
  [[nodiscard]] Result<std::map<std::uint64_t, StorePath>> generations(const ProfileLink& profile) override;
  void set(const ProfileLink& profile, std::optional<StorePath> closure, std::optional<std::uint64_t> number,
           Callback<void> done) override;
  void drop_generations(const ProfileLink& profile, const StorePath& closure, std::set<std::uint64_t> spared,
                        Callback<void> done) override;
  void check_valid(const StorePath& closure, Callback<void> done) override;
  [[nodiscard]] Status pin(const std::string& name, const StorePath& closure) override;
  void unpin_all(const std::string& name_prefix) override;

 private:
  [[nodiscard]] std::string roots() const { return places_.state + "/gcroots/switchback"; }
  /// Runs a program as `user`; `done` gets its result, or why it was not run.
  void run(const std::string& user, const std::string& program, std::vector<std::string> arguments,
           std::function<void(Result<ChildResult>)> done);
  [[nodiscard]] Result<ChildCommand> command_for(const std::string& user, const std::string& program) const;
  void set_by_nix(const ProfileLink& profile, const StorePath& closure, std::optional<std::uint64_t> number,
                  Callback<void> done);
  /// `failed`: what it did not do, in words.
  void run_nix_env(const ProfileLink& profile, std::vector<std::string> arguments, const std::string& failed,
                   Callback<void> done);
  /// The numbers of those that lead to `closure`, but neither `spared` nor the current one.
  [[nodiscard]] Result<std::vector<std::uint64_t>> generations_but(const ProfileLink& profile,
                                                                   const StorePath& closure,
                                                                   std::set<std::uint64_t> spared);
  void drop_by_nix(const ProfileLink& profile, const std::vector<std::uint64_t>& numbers,
                   Callback<void> done);
  /// Root's, in the place where its links are roots of nix's garbage collector by themselves.
  [[nodiscard]] bool is_moved_here(const ProfileLink& profile) const;
  void remove(const ProfileLink& profile, Callback<void> done);

  EventLoop& loop_;
  NixPlaces places_;
  std::list<std::unique_ptr<ChildProcess>> running_;
};

}  // namespace switchback
