package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	"k8s.io/klog/v2"
	"k8s.io/utils/exec"
)

const (
	headerDeadline = 10 * time.Second
	// idleConnection is the kubelet's own: streamingConnectionIdleTimeout.
	idleConnection = 4 * time.Hour
)

// commandServer is the part of a kubelet's API that runs commands in containers, for the API server alone.
type commandServer struct {
	node      *node
	directory string // of the authority
	address   string
	port      int
}

// serve listens, says so in the Node's status as a kubelet does, and serves until the context ends.
func (s *commandServer) serve(ctx context.Context) error {
	configuration, err := servingConfiguration(s.directory, s.address)
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", net.JoinHostPort(s.address, strconv.Itoa(s.port)), configuration)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("/exec/{namespace}/{pod}/{container}", s.exec)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: headerDeadline}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := s.announce(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	klog.InfoS("serving commands", "address", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// announce tells the API server where it reaches the node.
func (s *commandServer) announce(ctx context.Context) error {
	patch, err := json.Marshal(map[string]any{"status": map[string]any{
		"addresses":       []v1.NodeAddress{{Type: v1.NodeInternalIP, Address: s.address}},
		"daemonEndpoints": map[string]any{"kubeletEndpoint": map[string]int{"Port": s.port}},
	}})
	if err != nil {
		return err
	}
	_, err = s.node.client.CoreV1().Nodes().Patch(ctx, s.node.name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

func (s *commandServer) exec(response http.ResponseWriter, request *http.Request) {
	options, err := remotecommand.NewOptions(request)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	name := request.PathValue("container")
	pod, container := s.find(request.PathValue("namespace"), request.PathValue("pod"), name)
	if container == nil {
		http.Error(response, fmt.Sprintf("container not found (%q)", name), http.StatusNotFound)
		return
	}
	executor := commandExecutor{node: s.node, pod: pod, container: *container}
	remotecommand.ServeExec(
		response, request, executor, pod.Name, string(pod.UID), name, request.URL.Query()["command"], options, idleConnection,
		remotecommand.DefaultStreamCreationTimeout, remotecommand.SupportedStreamingProtocols,
	)
}

func (s *commandServer) find(namespace, podName, containerName string) (*v1.Pod, *v1.Container) {
	pod, err := s.node.pods.Pods(namespace).Get(podName)
	if err != nil || pod.Status.Phase != v1.PodRunning {
		return nil, nil
	}
	for _, container := range pod.Spec.Containers {
		if container.Name == containerName {
			return pod, &container
		}
	}
	return nil, nil
}

// commandExecutor runs one command in one container.
type commandExecutor struct {
	node      *node
	pod       *v1.Pod
	container v1.Container
}

// ExecInContainer runs a command as the containers of this node are run, with the files and in the cgroup of its Pod. That
// the caller goes away does not end it, as with containerd and CRI-O; the end of its Pod does.
func (e commandExecutor) ExecInContainer(
	ctx context.Context, _, _, _ string, words []string, _ io.Reader, out, complaints io.WriteCloser, _ bool,
	_ <-chan remotecommand.TerminalSize, _ time.Duration,
) error {
	volumes, err := e.node.volumes.of(ctx, e.pod)
	if err != nil {
		return err
	}
	parent := filepath.Join(e.node.state.pod(e.pod.UID), "commands")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	directory, err := os.MkdirTemp(parent, "")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(directory) }()
	container := e.container
	container.Command, container.Args = words, nil
	plan, err := planContainer(e.node.state, directory, e.pod, container, volumes)
	if err != nil {
		return err
	}
	command, err := plan.command()
	if err != nil {
		return err
	}
	command.Stdout, command.Stderr = out, complaints
	started, err := inPodCgroup(e.pod.UID, command.SysProcAttr)
	if err != nil {
		return err
	}
	defer started()
	klog.InfoS("runs a command", "namespace", e.pod.Namespace, "pod", e.pod.Name, "program", words[0])
	err = command.Run()
	if code := exitCode(err); code != 0 {
		return exec.CodeExitError{Err: fmt.Errorf("exit status %d", code), Code: int(code)}
	}
	return nil
}
