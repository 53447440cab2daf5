package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"k8s.io/apimachinery/pkg/types"
)

// bestEffort is where a kubelet with the systemd driver puts Pods that ask for no resources.
const bestEffort = "/sys/fs/cgroup/kubepods.slice/kubepods-besteffort.slice"

// podCgroup is the cgroup of a Pod, named as the systemd driver of a kubelet names it.
func podCgroup(uid types.UID) string {
	return filepath.Join(bestEffort, "kubepods-besteffort-pod"+strings.ReplaceAll(string(uid), "-", "_")+".slice")
}

// makePodCgroup makes the cgroup of a Pod; a machine without cgroup v2 has none.
func makePodCgroup(uid types.UID) error {
	if !hasCgroups() {
		return nil
	}
	return os.MkdirAll(podCgroup(uid), 0o755)
}

func hasCgroups() bool {
	_, err := os.Stat("/sys/fs/cgroup/cgroup.controllers")
	return err == nil
}

// removePodCgroup removes the cgroup of a Pod; what still runs in it is ended, as a kubelet ends it.
func removePodCgroup(uid types.UID) error {
	directory := podCgroup(uid)
	if err := os.WriteFile(filepath.Join(directory, "cgroup.kill"), []byte("1"), 0o200); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Remove(directory)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// inPodCgroup has a process begin in the cgroup of its Pod; the function it returns is called once it has been started. A
// Pod whose cgroup is gone has ended: what began then would be ended by nobody.
func inPodCgroup(uid types.UID, attributes *syscall.SysProcAttr) (func(), error) {
	if !hasCgroups() {
		return func() {}, nil
	}
	directory, err := os.Open(podCgroup(uid))
	if err != nil {
		return nil, err
	}
	attributes.UseCgroupFD, attributes.CgroupFD = true, int(directory.Fd())
	return func() { _ = directory.Close() }, nil
}
