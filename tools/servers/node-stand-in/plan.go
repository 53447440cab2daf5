package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	v1 "k8s.io/api/core/v1"
)

// containerPlan is all that the process which becomes a container has to know.
type containerPlan struct {
	Root             string // where the container's root is put together; empty before
	Command          []string
	Environment      []string
	WorkingDirectory string
	Mounts           []containerMount
	Devices          []containerMount
	OutputPath       string
	MessagePath      string // file that appears in the container as its termination message
	MessageTarget    string
	UID, GID         *int64
	Groups           []int64
}

type containerMount struct {
	Source, Target string
	ReadOnly       bool
}

// planContainer makes the directories and files of a container and says what has to happen in its namespace.
func planContainer(
	state stateDirectory, directory string, pod *v1.Pod, container v1.Container, volumes []podVolume,
) (containerPlan, error) {
	plan := containerPlan{
		Root:             filepath.Join(directory, "root"),
		Command:          append(append([]string{}, container.Command...), container.Args...),
		Environment:      environment(container),
		WorkingDirectory: "/",
		OutputPath:       filepath.Join(directory, "output"),
		MessagePath:      filepath.Join(directory, "termination-message"),
		MessageTarget:    "/dev/termination-log",
	}
	if container.WorkingDir != "" {
		plan.WorkingDirectory = container.WorkingDir
	}
	if container.TerminationMessagePath != "" {
		plan.MessageTarget = container.TerminationMessagePath
	}
	plan.takeIdentity(pod, container)
	if err := os.MkdirAll(plan.Root, 0o755); err != nil {
		return plan, err
	}
	if err := os.WriteFile(plan.MessagePath, nil, 0o666); err != nil {
		return plan, err
	}
	if err := os.Chmod(plan.MessagePath, 0o666); err != nil {
		return plan, err
	}
	for _, mount := range container.VolumeMounts {
		source, err := sourceOf(state, pod, mount.Name, volumes)
		if err != nil {
			return plan, err
		}
		plan.Mounts = append(plan.Mounts, containerMount{
			Source: filepath.Join(source, filepath.Join("/", mount.SubPath)), Target: mount.MountPath, ReadOnly: mount.ReadOnly,
		})
	}
	for _, device := range container.VolumeDevices {
		source, err := sourceOf(state, pod, device.Name, volumes)
		if err != nil {
			return plan, err
		}
		plan.Devices = append(plan.Devices, containerMount{Source: source, Target: device.DevicePath})
	}
	return plan, nil
}

// command is what is to be started for the plan, without its outputs; its environment is the plan's.
func (p containerPlan) command() (*exec.Cmd, error) {
	path := filepath.Join(filepath.Dir(p.Root), "plan.json")
	content, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		return nil, err
	}
	command := exec.Command("/proc/self/exe", containerArgument, path)
	command.Env = p.Environment
	// A process namespace of its own: when its first process ends, the kernel ends all others.
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID, Pdeathsig: syscall.SIGKILL,
	}
	return command, nil
}

func environment(container v1.Container) []string {
	variables := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/"}
	for _, variable := range container.Env {
		variables = append(variables, variable.Name+"="+variable.Value)
	}
	return variables
}

func (p *containerPlan) takeIdentity(pod *v1.Pod, container v1.Container) {
	if context := pod.Spec.SecurityContext; context != nil {
		p.UID, p.GID, p.Groups = context.RunAsUser, context.RunAsGroup, context.SupplementalGroups
		if context.FSGroup != nil {
			p.Groups = append(p.Groups, *context.FSGroup)
		}
	}
	if context := container.SecurityContext; context != nil {
		if context.RunAsUser != nil {
			p.UID = context.RunAsUser
		}
		if context.RunAsGroup != nil {
			p.GID = context.RunAsGroup
		}
	}
}

// sourceOf is where a volume of a Pod is on this machine. A volume that is neither the driver's nor an emptyDir (a token,
// a ConfigMap) is an empty directory.
func sourceOf(state stateDirectory, pod *v1.Pod, name string, volumes []podVolume) (string, error) {
	for _, volume := range volumes {
		if volume.name == name {
			return state.targetPath(pod.UID, volume.volume.Name, volume.block()), nil
		}
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.Name == name {
			directory := filepath.Join(state.pod(pod.UID), "empty", name)
			if err := os.MkdirAll(directory, 0o777); err != nil {
				return "", err
			}
			return directory, os.Chmod(directory, 0o777)
		}
	}
	return "", fmt.Errorf("pod %s/%s has no volume %s", pod.Namespace, pod.Name, name)
}
