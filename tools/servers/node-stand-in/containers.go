package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// startErrorExitCode is what a kubelet reports for a container that could not be started.
const startErrorExitCode = 128

// logTailBytes is how much of the output becomes the termination message under FallbackToLogsOnError.
const logTailBytes = 2048

// containers runs the containers of Pods with restartPolicy Never whose containers all name a command.
type containers struct {
	state stateDirectory
	mu    sync.Mutex
	runs  map[types.UID]*podRun
}

// podRun is the containers of one Pod while they run.
type podRun struct {
	commands []*exec.Cmd
	ended    chan struct{}
}

// endedContainer is how one container ended.
type endedContainer struct {
	name, image string
	terminated  v1.ContainerStateTerminated
}

func newContainers(state stateDirectory) *containers {
	return &containers{state: state, runs: map[types.UID]*podRun{}}
}

func runsContainers(pod *v1.Pod) bool {
	if pod.Spec.RestartPolicy != v1.RestartPolicyNever {
		return false
	}
	for _, container := range pod.Spec.Containers {
		if len(container.Command) == 0 {
			return false
		}
	}
	return true
}

// knows says whether the containers of a Pod were started by this process.
func (c *containers) knows(uid types.UID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.runs[uid] != nil
}

// notRun is the end of containers that could not be started, or were lost.
func notRun(pod *v1.Pod, reason, message string) []endedContainer {
	now := metav1.Now()
	ended := make([]endedContainer, 0, len(pod.Spec.Containers))
	for _, container := range pod.Spec.Containers {
		ended = append(ended, endedContainer{name: container.Name, image: container.Image, terminated: v1.ContainerStateTerminated{
			ExitCode: startErrorExitCode, Reason: reason, Message: message, StartedAt: now, FinishedAt: now,
		}})
	}
	return ended
}

// start runs the containers of a Pod and calls onEnd once all have ended.
func (c *containers) start(pod *v1.Pod, volumes []podVolume, onEnd func(ended []endedContainer, overdue bool)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	run := &podRun{ended: make(chan struct{})}
	results := make([]func() endedContainer, 0, len(pod.Spec.Containers))
	for _, container := range pod.Spec.Containers {
		command, result, err := c.startOne(pod, container, volumes)
		if err != nil {
			run.signal(syscall.SIGKILL)
			for _, result := range results {
				result()
			}
			return err
		}
		run.commands = append(run.commands, command)
		results = append(results, result)
	}
	c.runs[pod.UID] = run
	var overdue atomic.Bool
	if seconds := pod.Spec.ActiveDeadlineSeconds; seconds != nil {
		timer := time.AfterFunc(time.Duration(*seconds)*time.Second, func() {
			overdue.Store(true)
			run.signal(syscall.SIGKILL)
		})
		go func() { <-run.ended; timer.Stop() }()
	}
	go func() {
		ended := make([]endedContainer, 0, len(results))
		for _, result := range results {
			ended = append(ended, result())
		}
		close(run.ended)
		onEnd(ended, overdue.Load())
	}()
	return nil
}

// startOne starts one container; the function it returns waits for its end.
func (c *containers) startOne(
	pod *v1.Pod, container v1.Container, volumes []podVolume,
) (*exec.Cmd, func() endedContainer, error) {
	directory := filepath.Join(c.state.pod(pod.UID), "containers", container.Name)
	plan, err := planContainer(c.state, directory, pod, container, volumes)
	if err != nil {
		return nil, nil, err
	}
	command, err := plan.command()
	if err != nil {
		return nil, nil, err
	}
	output, err := os.Create(plan.OutputPath)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = output.Close() }()
	command.Stdout, command.Stderr = output, output
	started := metav1.Now()
	done, err := inPodCgroup(pod.UID, command.SysProcAttr)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	return command, func() endedContainer {
		err := command.Wait()
		terminated := v1.ContainerStateTerminated{StartedAt: started, FinishedAt: metav1.Now(), Reason: "Completed"}
		if terminated.ExitCode = exitCode(err); terminated.ExitCode != 0 {
			terminated.Reason = "Error"
		}
		terminated.Message = terminationMessage(plan, container.TerminationMessagePolicy, terminated.ExitCode)
		return endedContainer{name: container.Name, image: container.Image, terminated: terminated}
	}, nil
}

// exitCode is the exit code as a kubelet counts: 128 + the signal for a process that was killed.
func exitCode(err error) int32 {
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return startErrorExitCode
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int32(128 + status.Signal())
	}
	return int32(exit.ExitCode())
}

func terminationMessage(plan containerPlan, policy v1.TerminationMessagePolicy, code int32) string {
	message, err := os.ReadFile(plan.MessagePath)
	if err == nil && len(message) > 0 {
		return string(message[:min(len(message), 4096)])
	}
	if policy != v1.TerminationMessageFallbackToLogsOnError || code == 0 {
		return ""
	}
	output, err := os.ReadFile(plan.OutputPath)
	if err != nil {
		return ""
	}
	return string(output[max(0, len(output)-logTailBytes):])
}

// stop ends the containers of a Pod: SIGTERM, and SIGKILL when the grace is over. It returns when they have ended.
func (c *containers) stop(uid types.UID, grace time.Duration) {
	c.mu.Lock()
	run := c.runs[uid]
	c.mu.Unlock()
	if run == nil {
		return
	}
	run.signal(syscall.SIGTERM)
	select {
	case <-run.ended:
	case <-time.After(grace):
		run.signal(syscall.SIGKILL)
		<-run.ended
	}
	c.mu.Lock()
	delete(c.runs, uid)
	c.mu.Unlock()
}

func (r *podRun) signal(signal syscall.Signal) {
	for _, command := range r.commands {
		_ = command.Process.Signal(signal)
	}
}
