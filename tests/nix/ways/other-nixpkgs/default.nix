# SPDX-License-Identifier: MIT
# Another nixpkgs, told apart by what its systems have in /etc.
arguments: import ../nixpkgs arguments // { path = ./.; }
