package main

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
)

// callDeadline is generous: making a file system takes seconds under a slow kernel.
const callDeadline = 2 * time.Minute

// volumes publishes the volumes of Pods through the CSI node service.
type volumes struct {
	client kubernetes.Interface
	csi    csi.NodeClient
	driver string
	state  stateDirectory
}

func newVolumes(client kubernetes.Interface, connection *grpc.ClientConn, driver string, state stateDirectory) *volumes {
	return &volumes{client: client, csi: csi.NewNodeClient(connection), driver: driver, state: state}
}

// podVolume is a volume of a Pod that the driver provides.
type podVolume struct {
	name     string // in the Pod
	readOnly bool
	claim    *v1.PersistentVolumeClaim
	volume   *v1.PersistentVolume
}

func (p podVolume) block() bool {
	return p.claim.Spec.VolumeMode != nil && *p.claim.Spec.VolumeMode == v1.PersistentVolumeBlock
}

func (p podVolume) capability() *csi.VolumeCapability {
	capability := &csi.VolumeCapability{
		AccessMode: &csi.VolumeCapability_AccessMode{Mode: csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER},
	}
	if p.block() {
		capability.AccessType = &csi.VolumeCapability_Block{Block: &csi.VolumeCapability_BlockVolume{}}
		return capability
	}
	capability.AccessType = &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{
		FsType:     p.volume.Spec.CSI.FSType,
		MountFlags: p.volume.Spec.MountOptions,
	}}
	return capability
}

// of finds the volumes of a Pod; it fails while a claim is not bound, which is a reason to try again later.
func (s *volumes) of(ctx context.Context, pod *v1.Pod) ([]podVolume, error) {
	var found []podVolume
	for _, source := range pod.Spec.Volumes {
		name := claimName(pod, source)
		if name == "" {
			continue
		}
		claim, err := s.client.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		if claim.Status.Phase != v1.ClaimBound {
			return nil, fmt.Errorf("claim %s/%s is %s, not Bound", claim.Namespace, claim.Name, claim.Status.Phase)
		}
		volume, err := s.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		if volume.Spec.CSI == nil || volume.Spec.CSI.Driver != s.driver {
			return nil, fmt.Errorf("volume %s is not of driver %s", volume.Name, s.driver)
		}
		readOnly := source.PersistentVolumeClaim != nil && source.PersistentVolumeClaim.ReadOnly
		found = append(found, podVolume{name: source.Name, readOnly: readOnly, claim: claim, volume: volume})
	}
	return found, nil
}

// claimName is the claim behind a volume of a Pod, or "" for another kind of volume.
func claimName(pod *v1.Pod, source v1.Volume) string {
	switch {
	case source.PersistentVolumeClaim != nil:
		return source.PersistentVolumeClaim.ClaimName
	case source.Ephemeral != nil:
		return pod.Name + "-" + source.Name
	default:
		return ""
	}
}

// publish makes a volume appear at its target path. It is idempotent, as the CSI call is.
func (s *volumes) publish(ctx context.Context, pod *v1.Pod, volume podVolume) error {
	target := s.state.targetPath(pod.UID, volume.volume.Name, volume.block())
	record := publishedVolume{Name: volume.volume.Name, VolumeHandle: volume.volume.Spec.CSI.VolumeHandle, TargetPath: target}
	if err := s.state.remember(pod.UID, record); err != nil {
		return err
	}
	attributes := map[string]string{
		"csi.storage.k8s.io/pod.name":            pod.Name,
		"csi.storage.k8s.io/pod.namespace":       pod.Namespace,
		"csi.storage.k8s.io/pod.uid":             string(pod.UID),
		"csi.storage.k8s.io/serviceAccount.name": pod.Spec.ServiceAccountName,
		"csi.storage.k8s.io/ephemeral":           "false",
	}
	maps.Copy(attributes, volume.volume.Spec.CSI.VolumeAttributes)
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	_, err := s.csi.NodePublishVolume(ctx, &csi.NodePublishVolumeRequest{
		VolumeId:         record.VolumeHandle,
		TargetPath:       target,
		VolumeCapability: volume.capability(),
		Readonly:         volume.readOnly,
		VolumeContext:    attributes,
	})
	return err
}

// unpublishAll removes every volume of a Pod, by what is on disk: the claim may be gone by now.
func (s *volumes) unpublishAll(ctx context.Context, uid types.UID) error {
	records, err := s.state.published(uid)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	for _, record := range records {
		request := &csi.NodeUnpublishVolumeRequest{VolumeId: record.VolumeHandle, TargetPath: record.TargetPath}
		if _, err := s.csi.NodeUnpublishVolume(ctx, request); err != nil {
			return fmt.Errorf("unpublish %s: %w", record.Name, err)
		}
		if err := s.state.forget(uid, record); err != nil {
			return err
		}
	}
	return nil
}

// waitsForExpansion says whether the resizer has left the node's part of an expansion to the node.
func waitsForExpansion(claim *v1.PersistentVolumeClaim) bool {
	switch claim.Status.AllocatedResourceStatuses[v1.ResourceStorage] {
	case v1.PersistentVolumeClaimNodeResizePending, v1.PersistentVolumeClaimNodeResizeInProgress:
		return true
	}
	for _, condition := range claim.Status.Conditions {
		if condition.Type == v1.PersistentVolumeClaimFileSystemResizePending && condition.Status == v1.ConditionTrue {
			return true
		}
	}
	return false
}

// expand grows the file system of a published volume to the size of its PersistentVolume and says so in the claim.
func (s *volumes) expand(ctx context.Context, pod *v1.Pod, volume podVolume) error {
	size := volume.volume.Spec.Capacity[v1.ResourceStorage]
	callContext, cancel := context.WithTimeout(ctx, callDeadline)
	defer cancel()
	_, err := s.csi.NodeExpandVolume(callContext, &csi.NodeExpandVolumeRequest{
		VolumeId:         volume.volume.Spec.CSI.VolumeHandle,
		VolumePath:       s.state.targetPath(pod.UID, volume.volume.Name, volume.block()),
		CapacityRange:    &csi.CapacityRange{RequiredBytes: size.Value()},
		VolumeCapability: volume.capability(),
	})
	if err != nil {
		return fmt.Errorf("expand %s: %w", volume.volume.Name, err)
	}
	claims := s.client.CoreV1().PersistentVolumeClaims(volume.claim.Namespace)
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		claim, err := claims.Get(ctx, volume.claim.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		markExpanded(claim, size.DeepCopy())
		_, err = claims.UpdateStatus(ctx, claim, metav1.UpdateOptions{})
		return err
	})
}
