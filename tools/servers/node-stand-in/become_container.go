package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// containerArgument makes this program the first process of a container instead of a node.
const containerArgument = "become-container"

// becomeContainer puts the container's root together in the mount namespace it was started in, and becomes its command.
// It returns only an error.
func becomeContainer(planPath string) error {
	content, err := os.ReadFile(planPath)
	if err != nil {
		return err
	}
	var plan containerPlan
	if err := json.Unmarshal(content, &plan); err != nil {
		return err
	}
	// Nothing that is mounted from here on may be seen outside.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	steps := []func(containerPlan) error{mountSystem, mountDevices, mountVolumes, enterRoot, takeIdentity}
	for _, step := range steps {
		if err := step(plan); err != nil {
			return err
		}
	}
	program, err := exec.LookPath(plan.Command[0])
	if err != nil {
		return err
	}
	return fmt.Errorf("%s: %w", program, syscall.Exec(program, plan.Command, os.Environ()))
}

// mountSystem makes a root in memory that has this machine's programs, read-only, and nothing else of it.
func mountSystem(plan containerPlan) error {
	if err := unix.Mount("tmpfs", plan.Root, "tmpfs", 0, "mode=0755"); err != nil {
		return fmt.Errorf("mount the root: %w", err)
	}
	for _, name := range []string{"usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc"} {
		source, target := "/"+name, filepath.Join(plan.Root, name)
		info, err := os.Lstat(source)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && info.Mode()&fs.ModeSymlink != 0 {
			link, linkErr := os.Readlink(source)
			err = errors.Join(linkErr, os.Symlink(link, target))
		} else if err == nil {
			err = bind(containerMount{Source: source, Target: target, ReadOnly: true})
		}
		if err != nil {
			return err
		}
	}
	for name, mode := range map[string]fs.FileMode{"tmp": 0o1777, "run": 0o755, "var/tmp": 0o1777, "root": 0o700, "proc": 0o555} {
		directory := filepath.Join(plan.Root, name)
		if err := os.MkdirAll(directory, 0o755); err != nil {
			return err
		}
		// Chmod in the kernel's own bits: os.Chmod takes the sticky bit only as fs.ModeSticky.
		if err := unix.Chmod(directory, uint32(mode)); err != nil {
			return err
		}
	}
	return unix.Mount("proc", filepath.Join(plan.Root, "proc"), "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
}

func mountDevices(plan containerPlan) error {
	directory := filepath.Join(plan.Root, "dev")
	if err := os.Mkdir(directory, 0o755); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", directory, "tmpfs", unix.MS_NOSUID, "mode=0755"); err != nil {
		return err
	}
	for name, target := range map[string]string{"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink(target, filepath.Join(directory, name)); err != nil {
			return err
		}
	}
	files := []containerMount{{Source: plan.MessagePath, Target: filepath.Join(plan.Root, plan.MessageTarget)}}
	for _, name := range []string{"null", "zero", "full", "random", "urandom"} {
		files = append(files, containerMount{Source: "/dev/" + name, Target: filepath.Join(directory, name)})
	}
	for _, device := range plan.Devices {
		files = append(files, containerMount{Source: device.Source, Target: filepath.Join(plan.Root, device.Target)})
	}
	for _, file := range files {
		if err := bind(file); err != nil {
			return err
		}
	}
	return nil
}

func mountVolumes(plan containerPlan) error {
	for _, mount := range plan.Mounts {
		mount.Target = filepath.Join(plan.Root, mount.Target)
		if err := bind(mount); err != nil {
			return err
		}
	}
	return nil
}

// bind mounts a file or a directory at a target that it makes.
func bind(mount containerMount) error {
	info, err := os.Stat(mount.Source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(mount.Target, 0o755)
	} else if err = os.MkdirAll(filepath.Dir(mount.Target), 0o755); err == nil {
		err = os.WriteFile(mount.Target, nil, 0o600)
	}
	if err != nil {
		return fmt.Errorf("make the mount point of %s: %w", mount.Source, err)
	}
	if err := unix.Mount(mount.Source, mount.Target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s: %w", mount.Source, err)
	}
	if !mount.ReadOnly {
		return nil
	}
	return unix.Mount("", mount.Target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, "")
}

func enterRoot(plan containerPlan) error {
	if err := unix.Chroot(plan.Root); err != nil {
		return err
	}
	return os.Chdir(plan.WorkingDirectory)
}

func takeIdentity(plan containerPlan) error {
	groups := make([]int, 0, len(plan.Groups))
	for _, group := range plan.Groups {
		groups = append(groups, int(group))
	}
	if err := syscall.Setgroups(groups); err != nil {
		return err
	}
	if plan.GID != nil {
		if err := syscall.Setgid(int(*plan.GID)); err != nil {
			return err
		}
	}
	if plan.UID != nil {
		return syscall.Setuid(int(*plan.UID))
	}
	return nil
}
