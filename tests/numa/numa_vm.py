#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs krait on a machine with two NUMA nodes, which QEMU emulates.

Shows that each node holds the rows of the weights that its cores multiply,
that they compute the same as one node's cores, and that a process which may
use one node's cores stays there.

Usage: numa_vm.py KRAIT KERNEL   (as root: the kernel is readable by root only)
"""

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

NODE_MIB = 768
SECONDS = 600
DECODE = 'bench decode --model /model/m.gguf --tokens 400 --repetitions 1'
GENERATE = 'debug generate --model /model/m.gguf --ids 1,2,3,4,5 -n 8'
# The model is in a tmpfs, as pages of the root file system can't be moved, and
# is copied by node 0, where it lies then. First a process that may use node 1
# only, then one that may use both.
INIT = f'''#!/bin/sh
export PATH=/bin LD_LIBRARY_PATH=/lib HOME=/tmp
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
mkdir -p /model /tmp; mount -t tmpfs tmpfs /model; mount -t tmpfs tmpfs /tmp
taskset 3 cp /m.gguf /model/m.gguf
for cpus in c f; do
  taskset $cpus krait {DECODE} > /tmp/out 2>&1 &
  pid=$!
  tries=0
  while [ $tries -lt 60 ]; do
    sleep 1; tries=$((tries + 1))
    [ "$(grep -c 'm\\.gguf.*mapped' /proc/$pid/numa_maps)" -gt 50 ] && break
    [ $cpus = c ] && [ $tries -gt 15 ] && break
  done
  sleep 5
  echo "== maps $cpus"; grep 'm\\.gguf' /proc/$pid/numa_maps
  for task in /proc/$pid/task/*; do
    echo "== cpus $cpus $(grep Cpus_allowed_list $task/status)"
  done
  kill -9 $pid
done
echo "== both $(krait {GENERATE})"
echo "== one $(taskset 3 krait {GENERATE} --threads 2)"
echo "== end"; poweroff -f
'''


def libraries(program):
    """Returns the shared libraries of a program, its loader among them."""
    out = subprocess.run(['ldd', program], capture_output=True, text=True,
                         check=True).stdout
    return re.findall(r'(/[^ ]+) \(0x', out)


def make_initramfs(krait, folder):
    root = folder / 'root'
    for name in ('bin', 'proc', 'sys', 'dev', 'lib', 'lib64'):
        (root / name).mkdir(parents=True)
    shutil.copy('/bin/busybox', root / 'bin/busybox')
    for applet in ('sh', 'mount', 'mkdir', 'cp', 'sleep', 'grep', 'kill', 'cat',
                   'taskset', 'poweroff', 'echo'):
        (root / 'bin' / applet).symlink_to('busybox')
    shutil.copy(krait, root / 'bin/krait')
    for library in libraries(krait):
        at = 'lib64' if 'ld-linux' in library else 'lib'
        shutil.copy(library, root / at / pathlib.Path(library).name)
    subprocess.run([krait, 'bench', 'decode', '--random', 'mamba2-60m',
                    '--type', 'q8_0', '--keep', str(root / 'm.gguf'),
                    '--tokens', '1', '--repetitions', '1'],
                   check=True, capture_output=True)
    (root / 'init').write_text(INIT)
    (root / 'init').chmod(0o755)
    names = '\n'.join(str(path.relative_to(root))
                      for path in sorted(root.rglob('*')))
    archive = subprocess.run(['cpio', '-o', '-H', 'newc', '--quiet'], cwd=root,
                             input=names.encode(), capture_output=True,
                             check=True).stdout
    image = folder / 'initramfs.gz'
    image.write_bytes(gzip.compress(archive, 1))
    return image


def run_machine(kernel, image):
    """Boots it; returns what it wrote on its console."""
    memory = []
    for node in (0, 1):
        memory += ['-object', f'memory-backend-ram,id=m{node},size={NODE_MIB}M',
                   '-numa', f'node,nodeid={node},cpus={2 * node}-{2 * node + 1}'
                   f',memdev=m{node}']
    done = subprocess.run(
        ['qemu-system-x86_64', '-machine', 'q35,accel=tcg', '-cpu', 'max',
         '-smp', '4,sockets=2,cores=2', '-m', str(2 * NODE_MIB), *memory,
         '-numa', 'dist,src=0,dst=1,val=21', '-kernel', str(kernel),
         '-initrd', str(image), '-append', 'console=ttyS0 quiet panic=-1',
         '-nographic', '-no-reboot'],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS,
        check=False)
    return done.stdout.decode(errors='replace').replace('\r', '')


class NumaTest(unittest.TestCase):
    krait = kernel = None

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            image = make_initramfs(cls.krait, pathlib.Path(folder))
            cls.console = run_machine(cls.kernel, image)
        if '== end' not in cls.console:
            sys.exit(f'the machine did not come to its end:\n{cls.console}')

    def pages(self, cpus):
        """Returns the bytes of the model on each node, for a set of CPUs."""
        maps = self.console.split(f'== maps {cpus}')[1].split('==')[0]
        on = [0, 0]
        for line in maps.splitlines():
            size = int(re.search(r'kernelpagesize_kB=(\d+)', line + ' '
                                 'kernelpagesize_kB=4')[1])
            for node in (0, 1):
                for count in re.findall(rf' N{node}=(\d+)', line):
                    on[node] += int(count) * size * 1024
        return on

    def allowed(self, cpus):
        return re.findall(rf'== cpus {cpus} Cpus_allowed_list:\s*(\S+)',
                          self.console)

    def test_computes_the_same_on_both_nodes_as_on_one(self):
        both, one = (re.search(rf'== {name} (.*)', self.console)[1]
                     for name in ('both', 'one'))
        self.assertIn('"ids"', both)
        self.assertEqual(both, one)

    def test_each_node_holds_half_of_the_weights(self):
        on = self.pages('f')
        self.assertGreater(sum(on), 40 << 20)
        for node in (0, 1):
            self.assertGreater(on[node] / sum(on), 0.4, on)

    def test_workers_are_pinned_and_the_caller_stays_on_its_node(self):
        allowed = self.allowed('f')
        self.assertIn('0-1', allowed)
        for cpu in ('1', '2', '3'):
            self.assertIn(cpu, allowed)

    def test_a_process_that_may_use_one_node_moves_nothing(self):
        self.assertGreater(self.pages('c')[0], 40 << 20)  # where it was put
        self.assertEqual(set(self.allowed('c')) - {'2-3', '2', '3'}, set())


if __name__ == '__main__':
    NumaTest.krait, NumaTest.kernel = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1], verbosity=2)
