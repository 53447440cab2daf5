// Command node-stand-in does what a kubelet does about the volumes of the Pods of one node, for a node without container
// runtime: it has the CSI node service publish the volumes of each Pod that is bound to the node, marks the Pod Running and
// Ready, expands volumes that ask for it, unpublishes them when the Pod ends, and then lets the Pod go.
//
// Containers of Pods with `restartPolicy: Never` that name a command are run, as processes with a mount namespace and a
// root of their own made of this machine's programs; the image is ignored. Other Pods run no process at all: no init
// containers, probes or logs, and no Pod network. Commands in the containers of a Running Pod (exec) are run in the same way,
// for the API server alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == containerArgument {
		// Does not return: the process becomes the container's command.
		fmt.Fprintln(os.Stderr, "node-stand-in:", becomeContainer(os.Args[2]))
		os.Exit(startErrorExitCode)
	}
	if len(os.Args) == 3 && os.Args[1] == authorityArgument {
		if err := makeAuthority(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "node-stand-in:", err)
			os.Exit(1)
		}
		return
	}
	kubeconfig := flag.String("kubeconfig", "", "how to reach the API server")
	nodeName := flag.String("node-name", "device", "the Node whose Pods are served")
	driver := flag.String("driver", "topolvm.io", "the CSI driver whose volumes are published")
	socket := flag.String("csi-socket", "", "socket of the CSI node service")
	directory := flag.String("directory", "/run/snapfleet-node", "where volumes are published and state is kept")
	authority := flag.String("authority", "", "what make-authority has written, for the commands of the API server")
	address := flag.String("address", "", "where the API server reaches this node")
	port := flag.Int("port", 10250, "the port there")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	n, closeConnection, err := connect(*kubeconfig, *socket, *nodeName, *driver, *directory)
	if err == nil {
		defer closeConnection()
		err = n.run(ctx, &commandServer{node: n, directory: *authority, address: *address, port: *port})
	}
	if err != nil {
		klog.ErrorS(err, "node-stand-in ends")
		os.Exit(1)
	}
}

// connect makes the node that speaks to the API server and to the CSI node service; the function closes the latter.
func connect(kubeconfig, socket, nodeName, driver, directory string) (*node, func(), error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, nil, err
	}
	config.QPS, config.Burst = 50, 100
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, nil, err
	}
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, nil, err
	}
	state := stateDirectory(directory)
	n := newNode(client, nodeName, newVolumes(client, connection, driver, state), newContainers(state))
	return n, func() { _ = connection.Close() }, nil
}
