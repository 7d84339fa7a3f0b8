// SPDX-License-Identifier: MIT
#include "tests/host/users.hpp"

namespace switchback::test {

void add_user(TestHost& host, const std::string& name) {
  host.output_of("useradd --create-home --shell /bin/sh " + name + " && install -d -o " + name +
                 " -m 700 /home/" + name + "/.ssh && install -o " + name +
                 " -m 600 /root/.ssh/authorized_keys /home/" + name + "/.ssh/");
  host.output_of("mkdir -p /etc/nix && printf 'trusted-users = root " + name +
                 "\\nbuild-users-group =\\n' >/etc/nix/nix.conf && systemctl restart nix-daemon.service && "
                 "usermod --append --groups nix-users " +
                 name);
  host.wait_for("test -S /nix/var/nix/daemon-socket/socket");
}

}  // namespace switchback::test
