// Command etcd is upstream's etcd: the module that holds its main function cannot be installed from the module proxy.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
