package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	listersv1 "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

var everything = labels.Everything()

// workers is how many Pods are served at a time; most of the time is spent waiting for LVM.
const workers = 4

// podKey names one Pod for ever: a StatefulSet's next Pod has the same name, but not the same uid.
type podKey struct {
	namespace, name string
	uid             types.UID
}

// node brings the Pods of one Node, and what is on this machine of them, to where the API server wants them.
type node struct {
	client     kubernetes.Interface
	name       string
	volumes    *volumes
	containers *containers
	state      stateDirectory
	queue      workqueue.TypedRateLimitingInterface[podKey]
	pods       listersv1.PodLister
	events     record.EventRecorder
	published  sync.Map // uid of each Pod whose volumes this process has published
}

func newNode(client kubernetes.Interface, name string, volumes *volumes, containers *containers) *node {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[podKey](200*time.Millisecond, 5*time.Second)
	return &node{
		client: client, name: name, volumes: volumes, containers: containers, state: volumes.state,
		queue: workqueue.NewTypedRateLimitingQueue(limiter),
	}
}

func (n *node) run(ctx context.Context, commands *commandServer) error {
	defer n.queue.ShutDown()
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedv1.EventSinkImpl{Interface: n.client.CoreV1().Events("")})
	n.events = broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "node-stand-in", Host: n.name})

	onThisNode := informers.NewSharedInformerFactoryWithOptions(n.client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermEqualSelector("spec.nodeName", n.name).String()
		}))
	claims := informers.NewSharedInformerFactory(n.client, 0)
	n.pods = onThisNode.Core().V1().Pods().Lister()
	podsSynced, err := onThisNode.Core().V1().Pods().Informer().AddEventHandler(n.onPod())
	if err != nil {
		return err
	}
	claimsSynced, err := claims.Core().V1().PersistentVolumeClaims().Informer().AddEventHandler(n.onClaim())
	if err != nil {
		return err
	}
	onThisNode.Start(ctx.Done())
	claims.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), podsSynced.HasSynced, claimsSynced.HasSynced) {
		return errors.New("ended before the Pods were listed")
	}
	if err := n.enqueueLeftovers(); err != nil {
		return err
	}
	klog.InfoS("serving the Pods of a node", "node", n.name)

	var running sync.WaitGroup
	for range workers {
		running.Go(func() { n.work(ctx) })
	}
	err = commands.serve(ctx)
	n.queue.ShutDown()
	if err != nil {
		return err
	}
	running.Wait()
	return nil
}

func (n *node) onPod() cache.ResourceEventHandler {
	enqueue := func(object any) {
		if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = tombstone.Obj
		}
		if pod, ok := object.(*v1.Pod); ok {
			n.queue.Add(podKey{pod.Namespace, pod.Name, pod.UID})
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc: enqueue, UpdateFunc: func(_, pod any) { enqueue(pod) }, DeleteFunc: enqueue,
	}
}

// onClaim wakes the Pods that use a claim when its file system is to be expanded.
func (n *node) onClaim() cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{UpdateFunc: func(_, object any) {
		claim, ok := object.(*v1.PersistentVolumeClaim)
		if !ok || !waitsForExpansion(claim) {
			return
		}
		for _, object := range n.podsOf(claim) {
			n.queue.Add(podKey{object.Namespace, object.Name, object.UID})
		}
	}}
}

func (n *node) podsOf(claim *v1.PersistentVolumeClaim) []*v1.Pod {
	var using []*v1.Pod
	pods, err := n.pods.Pods(claim.Namespace).List(everything)
	if err != nil {
		return nil
	}
	for _, pod := range pods {
		for _, source := range pod.Spec.Volumes {
			if claimName(pod, source) == claim.Name {
				using = append(using, pod)
				break
			}
		}
	}
	return using
}

// enqueueLeftovers has the Pods cleaned up that ended while this process was not running.
func (n *node) enqueueLeftovers() error {
	uids, err := n.state.podUIDs()
	if err != nil {
		return err
	}
	pods, err := n.pods.List(everything)
	if err != nil {
		return err
	}
	alive := map[types.UID]bool{}
	for _, pod := range pods {
		alive[pod.UID] = true
	}
	for _, uid := range uids {
		if !alive[uid] {
			n.queue.Add(podKey{uid: uid})
		}
	}
	return nil
}

func (n *node) work(ctx context.Context) {
	for {
		key, ended := n.queue.Get()
		if ended {
			return
		}
		if err := n.serve(ctx, key); err != nil {
			klog.ErrorS(err, "will try again", "namespace", key.namespace, "pod", key.name, "uid", key.uid)
			n.queue.AddRateLimited(key)
		} else {
			n.queue.Forget(key)
		}
		n.queue.Done(key)
	}
}

func (n *node) serve(ctx context.Context, key podKey) error {
	pod, err := n.pods.Pods(key.namespace).Get(key.name)
	switch {
	case err != nil && !apierrors.IsNotFound(err):
		return err
	case err != nil || pod.UID != key.uid:
		return n.tearDown(ctx, key.uid, 0)
	case pod.DeletionTimestamp != nil:
		return n.end(ctx, pod)
	case pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed:
		return n.volumes.unpublishAll(ctx, pod.UID)
	default:
		return n.start(ctx, pod)
	}
}

// start publishes the volumes of a Pod, runs what it has to run and says that it runs.
func (n *node) start(ctx context.Context, pod *v1.Pod) error {
	if err := makePodCgroup(pod.UID); err != nil {
		return err
	}
	found, err := n.publish(ctx, pod)
	if err != nil {
		n.events.Eventf(pod, v1.EventTypeWarning, "FailedMount", "%v", err)
		return err
	}
	for _, volume := range found {
		if waitsForExpansion(volume.claim) {
			if err := n.volumes.expand(ctx, pod, volume); err != nil {
				n.events.Eventf(pod, v1.EventTypeWarning, "VolumeResizeFailed", "%v", err)
				return err
			}
		}
	}
	if pod.Status.Phase == v1.PodRunning {
		if runsContainers(pod) && !n.containers.knows(pod.UID) {
			n.report(ctx, pod, notRun(pod, "ContainerStatusUnknown", "the node was restarted while the container ran"), false)
		}
		return nil
	}
	if err := patchStatus(ctx, n.client, pod, runningStatus(pod, metav1.Now())); err != nil {
		return ignoreGone(err)
	}
	klog.InfoS("running", "namespace", pod.Namespace, "pod", pod.Name, "uid", pod.UID)
	if !runsContainers(pod) {
		return nil
	}
	err = n.containers.start(pod, found, func(ended []endedContainer, overdue bool) {
		n.report(ctx, pod, ended, overdue)
	})
	if err != nil {
		n.report(ctx, pod, notRun(pod, "StartError", err.Error()), false)
	}
	return nil
}

func (n *node) publish(ctx context.Context, pod *v1.Pod) ([]podVolume, error) {
	found, err := n.volumes.of(ctx, pod)
	if err != nil {
		return nil, err
	}
	if _, done := n.published.Load(pod.UID); done {
		return found, nil
	}
	for _, volume := range found {
		if err := n.volumes.publish(ctx, pod, volume); err != nil {
			return nil, fmt.Errorf("publish %s: %w", volume.volume.Name, err)
		}
	}
	n.published.Store(pod.UID, true)
	return found, nil
}

// report says how the containers of a Pod ended; the API server may be away for a while.
func (n *node) report(ctx context.Context, pod *v1.Pod, ended []endedContainer, overdue bool) {
	status := endedStatus(pod, ended, overdue, metav1.Now())
	for {
		err := ignoreGone(patchStatus(ctx, n.client, pod, status))
		if err == nil {
			return
		}
		klog.ErrorS(err, "cannot report the end of a Pod", "namespace", pod.Namespace, "pod", pod.Name)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

// end gives the containers of a Pod their grace, removes its volumes and then the Pod.
func (n *node) end(ctx context.Context, pod *v1.Pod) error {
	grace := time.Duration(0)
	if pod.DeletionGracePeriodSeconds != nil {
		grace = time.Duration(*pod.DeletionGracePeriodSeconds) * time.Second
	}
	if err := n.tearDown(ctx, pod.UID, grace); err != nil {
		return err
	}
	now, uid := int64(0), pod.UID
	err := n.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: &now, Preconditions: &metav1.Preconditions{UID: &uid},
	})
	klog.InfoS("ended", "namespace", pod.Namespace, "pod", pod.Name, "uid", pod.UID)
	return ignoreGone(err)
}

func (n *node) tearDown(ctx context.Context, uid types.UID, grace time.Duration) error {
	n.containers.stop(uid, grace)
	if err := removePodCgroup(uid); err != nil {
		return err
	}
	n.published.Delete(uid)
	if err := n.volumes.unpublishAll(ctx, uid); err != nil {
		return err
	}
	return n.state.removePod(uid)
}

// ignoreGone takes it as done when the Pod has gone, or another has taken its name: then the API server calls the change
// of the uid invalid.
func ignoreGone(err error) error {
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) || apierrors.IsInvalid(err) {
		return nil
	}
	return err
}
