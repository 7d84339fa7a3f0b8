# SPDX-License-Identifier: MIT
# What networks take for nixpkgs, made a package set: its path, what it is called by, or what that gives.
let
  packages = where: value:
    if builtins.isPath value || builtins.isString value || (builtins.isAttrs value && value ? outPath && !(value ? path))
    then packages where (import value)
    else if builtins.isFunction value then value { }
    else if builtins.isAttrs value then value
    else throw "${where}: expected nixpkgs, a path or a package set, and found a ${builtins.typeOf value}";
in
packages
