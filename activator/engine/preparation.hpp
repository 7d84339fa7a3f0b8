// SPDX-License-Identifier: MIT
// Everything that is found out before anything is changed: that the closures are there, of a known kind and
// for this machine, what runs now, what would be done with each unit, and what speaks against it. Leaves
// nothing behind but pins and staged copies, which the engine drops again.
#pragma once

#include "activator/core/plan.hpp"
#include "activator/core/record.hpp"
#include "activator/engine/alive.hpp"
#include "activator/engine/ports.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace switchback {

struct Preparation {
  std::vector<PreparedChange> changes;
  Snapshot baseline;
  std::vector<std::string> warnings;
  std::set<std::string> prefailing;  // required checks that fail now
  std::vector<CheckEvent> checks;    // what each of them said
};

/// Prepares one activation; made anew for each.
class Preparer {
 public:
  Preparer(Ports ports, ActivateRequest request) : ports_(ports), request_(std::move(request)) {}
  /// Answers once, unless the preparer is destroyed before.
  /// Errors: invalid_closure, refused (with what to do about it), io, unavailable.
  void run(Callback<Preparation> done);

 private:
  struct Draft {
    ChangeRequest request;
    PreparedChange change;
    std::vector<UnitDirEntry> entries{};  // of kind units, as are all that follow
    UnitSet before{}, after{};
    std::vector<SkippedUnit> skipped{};
  };

  void check_closures();
  void settle();
  void read_closures();
  // preparation_kinds.cpp: what each kind asks for.
  [[nodiscard]] Status read_change(const ChangeRequest& request);
  [[nodiscard]] Status find_kind_of(Draft& draft);
  [[nodiscard]] Status find_previous(Draft& draft);
  [[nodiscard]] Status read_units_change(Draft& draft);
  [[nodiscard]] Status read_system_change(Draft& draft);
  [[nodiscard]] Status read_script_change(Draft& draft);
  [[nodiscard]] Status recall(const ChangeRequest& request);
  [[nodiscard]] Status refuse_if_moved(const Draft& draft) const;

  [[nodiscard]] Status read_other_profiles();
  [[nodiscard]] bool runs_programs() const;
  void list_units();
  void read_baseline();
  void read_units();
  void read_dependents();
  void plan();
  [[nodiscard]] std::set<UnitName> units_of_plans() const;
  [[nodiscard]] Status sync();
  [[nodiscard]] Status object(const Draft& draft);
  [[nodiscard]] Status stage(const Draft& draft);
  void verify(const Draft& draft);
  // preparation_boot.cpp.
  [[nodiscard]] Status object_to_boot(const Draft& draft);
  void check_boot_loader();
  // preparation_checks.cpp.
  [[nodiscard]] Status keep_check_programs();
  void try_checks();
  void try_check(const std::string& name, CheckPolicy policy);
  void warn_of_prefailing();
  void warn_of_unmatched();
  void warn(std::string message) { result_.warnings.push_back(std::move(message)); }
  void fail_with(const Error& error) { end(fail(error.code, error.message)); }
  void end(Status status);

  Ports ports_;
  ActivateRequest request_;
  Callback<Preparation> done_;
  Alive alive_;
  std::size_t checks_ = 0;        // of closures, that have not been answered
  std::optional<Error> invalid_;  // the first closure that is not there
  std::size_t verifying_ = 0;     // closures whose units systemd has not judged yet
  std::optional<Error> unverified_;
  std::map<std::string, std::unique_ptr<Asking>> asking_;  // checks that have not answered
  std::optional<Error> unaskable_;                         // the first check that cannot be asked
  std::optional<Status> ended_;                            // how all else ended
  std::map<ProfileName, StorePath> committed_;
  std::vector<Draft> drafts_;
  std::map<UnitName, std::string> other_profiles_;
  Snapshot live_;  // in full
  Preparation result_;
};

}  // namespace switchback
