// SPDX-License-Identifier: MIT
// Commits of NixOS systems that cannot be made permanent.
