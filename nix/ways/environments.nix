# SPDX-License-Identifier: MIT
# Where NixOps and its plugins make machines: each is a set of options, deployment.NAME.
[
  "azure" "container" "datadog" "digitalOcean" "ec2" "gce" "hcloud" "hetzner" "libvirtd" "packet" "proxmox" "route53"
  "virtualbox" "vsphere" "vultr"
]
