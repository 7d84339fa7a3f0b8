// SPDX-License-Identifier: MIT
#include "cli/options_how.hpp"

#include "cli/options_checks.hpp"
#include "cli/options_values.hpp"
#include "cli/pusher_checks.hpp"

namespace switchback {
namespace {

CLI::Option* add_checks(CLI::App& verb, CheckSays& checks) {
  const auto read = [&checks](const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      const auto says = parse_check_words(text);
      if (!says) throw CLI::ValidationError(says.error().message);
      lay_over(checks, *says);
      for (const auto& [name, fields] : *says) {
        if (fields.is_null()) checks[name] = nullptr;  // it has yet to meet what it takes away
      }
    }
  };
  return verb
      .add_option_function<std::vector<std::string>>(
          "--check", read, "What must answer, such as http://…,\ntcp:HOST:PORT, exec:WORDS, pusher:WORDS")
      ->type_name("[NAME=]WHAT")
      ->take_all()
      ->allow_extra_args(false);
}

void add_gate(CLI::App& verb, GateOverrides& gate) {
  const auto group = [](CLI::Option* option) { option->group("What is judged"); };
  group(add_seconds(verb, "--soak", gate.soak, "How long all must stay healthy (10)"));
  group(add_seconds(verb, "--gate-deadline", gate.deadline, "By when it must have (300)"));
  group(add_list(verb, "--critical", gate.critical, "GLOB", "Units that must be healthy, touched or not"));
  group(add_list(verb, "--ignore", gate.ignore, "GLOB", "Units that are not judged"));
  group(add_list(verb, "--expect-failed", gate.expect_failed, "GLOB", "Units that may fail"));
  group(add_count(
      verb, "--flap-limit", [&gate](std::int64_t value) { gate.flap_limit = static_cast<int>(value); },
      kHighestFlapLimit, "Restarts that make a unit unhealthy (2)"));
  group(add_switch(verb, "--strict", gate.strict, true, "Any unit that newly fails counts"));
  group(add_checks(verb, gate.checks));
  group(add_word(verb, "--prefailing", gate.prefailing, "HOW",
                 "fail or tolerate: a check that fails\nbeforehand, too (fail)"));
}

void add_confirm(CLI::App& verb, Overrides& over) {
  const auto group = [](CLI::Option* option) { option->group("How it is kept or reverted"); };
  group(add_word(verb, "--confirm", over.confirm, "HOW", "auto, manual or none (auto)"));
  group(add_seconds(verb, "--confirm-timeout", over.confirm_timeout, "By when it must be (30; manual: 600)"));
  group(add_seconds(verb, "--activation-timeout", over.activation_timeout, "For the switch (240)"));
  group(add_bool(verb, "--auto-rollback", over.auto_rollback, "false: a bad verdict is only a warning"));
  group(add_bool(verb, "--magic-rollback", over.magic_rollback, "false: as --confirm none"));
}

Status check_boot(const Typed& typed) {
  const auto wrong = [](std::string message) { return fail(Errc::invalid_request, std::move(message)); };
  const bool test = typed.test || typed.test_for;
  if (typed.boot && test) return wrong("--boot and --test: give one of them; a boot is tried, too");
  if (typed.boot && typed.dry_run) return wrong("--boot and --dry-run: give one of them");
  if (typed.reboot && (test || typed.dry_run))
    return wrong("--reboot and " + std::string(test ? "--test" : "--dry-run") + ": give one of them");
  if (typed.boot_within && (!typed.boot || typed.reboot))
    return wrong("--boot-within is for --boot without --reboot: how long the boot may be waited for");
  const auto& over = typed.common.overrides;
  if (over.reboot_timeout && !typed.reboot) return wrong("--reboot-timeout is for --reboot");
  if (typed.boot && !typed.reboot && over.confirm == ConfirmMode::automatic) {
    return wrong(
        "--boot and --confirm auto: nobody waits here for a boot that somebody else makes. Give --reboot, "
        "or confirm it by hand (--confirm manual) or not at all (--confirm none)");
  }
  return {};
}

Status check_modes(const Typed& typed) {
  if (typed.dry_run && (typed.test || typed.test_for)) {
    return fail(Errc::invalid_request, "--test and --dry-run: give one of them");
  }
  if (auto good = check_boot(typed); !good) return good;
  const auto& over = typed.common.overrides;
  const bool asks = over.confirm && *over.confirm != ConfirmMode::none;
  if (asks && over.magic_rollback && !*over.magic_rollback) {
    return fail(Errc::invalid_request, "--magic-rollback false means --confirm none, but --confirm " +
                                           std::string(text(*over.confirm)) + " was given: give one of them");
  }
  return {};
}

}  // namespace

void add_how(CLI::App& verb, Typed& typed) {
  const auto group = [](CLI::Option* option) { option->group("What is done"); };
  group(verb.add_flag("--test", typed.test, "Keep it for a while, commit nothing"));
  group(add_seconds(verb, "--test-for", typed.test_for, "With --test: how long (3600)"));
  group(verb.add_flag("--dry-run,--dry-activate", typed.dry_run, "Say what would be done, and do nothing"));
  group(verb.add_flag("--allow-unrevertible", typed.allow_unrevertible,
                      "Also where nothing could be gone back to"));
  group(
      verb.add_flag("--force", typed.force, "Also when the host runs something else than\nits profile says"));
  group(
      verb.add_option("--note", typed.note, "Shown to others while this holds the host")->type_name("TEXT"));
  group(add_seconds(verb, "--wait", typed.wait, "While another holds the host (3600)")
            ->type_name("[=SECONDS]"));
  add_gate(verb, typed.common.overrides.gate);
  add_confirm(verb, typed.common.overrides);
}

void add_boot(CLI::App& verb, Typed& typed) {
  const auto group = [](CLI::Option* option) { option->group("What is done"); };
  group(verb.add_flag("--boot", typed.boot, "NixOS: the next boot runs it, and is the trial"));
  group(add_seconds(verb, "--boot-within", typed.boot_within, "With --boot: by when it must be (86400)"));
  group(verb.add_flag("--reboot", typed.reboot,
                      "Reboot the host: with --boot at once, else\nif the switch needs it"));
  group(add_seconds(verb, "--reboot-timeout", typed.common.overrides.reboot_timeout,
                    "By when it must be back (600)"));
}

void add_profile_place(CLI::App& verb, Typed& typed) {
  auto& over = typed.common.overrides;
  add_text(verb, "--user,--profile-user", over.profile_user, "USER", "Whose profile it is (root)");
  add_text(verb, "--profile-path", over.profile_path, "PATH", "Where it is, if not where it usually is");
}

Result<ActivateRequest> checked_how(const Typed& typed) {
  if (auto good = check_modes(typed); !good) return tl::make_unexpected(good.error());
  const auto& over = typed.common.overrides;
  ActivateRequest request{
      .id = ActivationId::random(), .changes = {}, .gate = {}, .force = typed.force, .note = typed.note};
  request.allow_unrevertible = typed.allow_unrevertible;
  request.retry_rejected = !typed.no_retry_rejected;
  if (typed.dry_run) request.mode = Mode::dry_run;
  if (typed.test || typed.test_for) request.mode = Mode::test;
  if (typed.boot) request.mode = Mode::boot;
  request.reboot = typed.reboot;
  request.boot_within = typed.boot_within.value_or(request.boot_within);
  request.test_for = typed.test_for.value_or(request.test_for);
  request = with_overrides(std::move(request), over);
  if (request.gate.soak >= request.gate.deadline) {
    return fail(Errc::invalid_request,
                "--soak must be shorter than --gate-deadline, or nothing could ever pass");
  }
  return request;
}

Result<ActivateRequest> with_checks(ActivateRequest request, const CheckSays& says) {
  CheckSays whole;
  lay_over(whole, says);
  auto checks = checks_of(whole, "--check");
  if (!checks) return tl::make_unexpected(checks.error());
  request.gate.checks = std::move(*checks);
  if (const auto problem = contradiction(request.gate)) return fail(Errc::invalid_request, *problem);
  if (auto good = check_confirmable(request); !good) return tl::make_unexpected(good.error());
  return request;
}

}  // namespace switchback
