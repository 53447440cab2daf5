package main

import (
	"context"
	"encoding/json"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// markExpanded ends an expansion in a claim's status, as the kubelet does.
func markExpanded(claim *v1.PersistentVolumeClaim, size resource.Quantity) {
	if claim.Status.Capacity == nil {
		claim.Status.Capacity = v1.ResourceList{}
	}
	claim.Status.Capacity[v1.ResourceStorage] = size
	delete(claim.Status.AllocatedResourceStatuses, v1.ResourceStorage)
	var kept []v1.PersistentVolumeClaimCondition
	for _, condition := range claim.Status.Conditions {
		switch condition.Type {
		case v1.PersistentVolumeClaimFileSystemResizePending, v1.PersistentVolumeClaimResizing:
		default:
			kept = append(kept, condition)
		}
	}
	claim.Status.Conditions = kept
}

// runningStatus is the status of a Pod whose containers are up.
func runningStatus(pod *v1.Pod, now metav1.Time) v1.PodStatus {
	status := v1.PodStatus{Phase: v1.PodRunning, StartTime: &now, Conditions: conditions(v1.ConditionTrue, "", now)}
	if pod.Status.StartTime != nil {
		status.StartTime = pod.Status.StartTime
	}
	for _, container := range pod.Spec.Containers {
		started := true
		status.ContainerStatuses = append(status.ContainerStatuses, v1.ContainerStatus{
			Name: container.Name, Image: container.Image, Ready: true, Started: &started,
			ContainerID: "stand-in://" + string(pod.UID) + "/" + container.Name,
			State:       v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: now}},
		})
	}
	return status
}

// endedStatus is the status of a Pod whose containers have all ended: Succeeded if each ended with 0.
func endedStatus(pod *v1.Pod, ended []endedContainer, overdue bool, now metav1.Time) v1.PodStatus {
	status := v1.PodStatus{Phase: v1.PodSucceeded}
	for _, container := range ended {
		state := container.terminated
		if state.ExitCode != 0 {
			status.Phase = v1.PodFailed
		}
		started := false
		status.ContainerStatuses = append(status.ContainerStatuses, v1.ContainerStatus{
			Name: container.name, Image: container.image, Started: &started, State: v1.ContainerState{Terminated: &state},
		})
	}
	reason := "PodCompleted"
	if overdue {
		status.Phase, status.Reason = v1.PodFailed, "DeadlineExceeded"
		status.Message = "Pod was active on the node longer than the specified deadline"
	}
	if status.Phase == v1.PodFailed {
		reason = "PodFailed"
	}
	status.Conditions = conditions(v1.ConditionFalse, reason, now)
	return status
}

func conditions(ready v1.ConditionStatus, reason string, now metav1.Time) []v1.PodCondition {
	return []v1.PodCondition{
		{Type: v1.PodInitialized, Status: v1.ConditionTrue, LastTransitionTime: now},
		{Type: v1.ContainersReady, Status: ready, Reason: reason, LastTransitionTime: now},
		{Type: v1.PodReady, Status: ready, Reason: reason, LastTransitionTime: now},
	}
}

// patchStatus merges into the status of this very Pod, never of one of the same name that came after it.
func patchStatus(ctx context.Context, client kubernetes.Interface, pod *v1.Pod, status v1.PodStatus) error {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": pod.UID},
		"status":   status,
	})
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Pods(pod.Namespace).
		Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}
