package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/types"
)

// stateDirectory is where the node remembers what it published: on disk, so that a restarted process cleans up after the
// one before it, and below /run, so that a rebooted machine starts with nothing, as its mounts do.
type stateDirectory string

// publishedVolume is written before the volume is published and removed after it was unpublished.
type publishedVolume struct {
	Name         string // of the PersistentVolume
	VolumeHandle string
	TargetPath   string
}

func (s stateDirectory) pod(uid types.UID) string {
	return filepath.Join(string(s), "pods", string(uid))
}

// targetPath is where a volume appears: a directory for a file system, a device file for a block volume.
func (s stateDirectory) targetPath(uid types.UID, volume string, block bool) string {
	if block {
		return filepath.Join(s.pod(uid), "devices", volume)
	}
	return filepath.Join(s.pod(uid), "volumes", volume, "mount")
}

func (s stateDirectory) recordPath(uid types.UID, volume string) string {
	return filepath.Join(s.pod(uid), "published", volume+".json")
}

func (s stateDirectory) remember(uid types.UID, volume publishedVolume) error {
	for _, path := range []string{s.recordPath(uid, volume.Name), volume.TargetPath} {
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			return err
		}
	}
	content, err := json.Marshal(volume)
	if err != nil {
		return err
	}
	return os.WriteFile(s.recordPath(uid, volume.Name), content, 0o600)
}

func (s stateDirectory) forget(uid types.UID, volume publishedVolume) error {
	return os.Remove(s.recordPath(uid, volume.Name))
}

func (s stateDirectory) published(uid types.UID) ([]publishedVolume, error) {
	paths, err := filepath.Glob(s.recordPath(uid, "*"))
	if err != nil {
		return nil, err
	}
	volumes := make([]publishedVolume, 0, len(paths))
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var volume publishedVolume
		if err := json.Unmarshal(content, &volume); err != nil {
			return nil, err
		}
		volumes = append(volumes, volume)
	}
	return volumes, nil
}

// removePod removes what is left of a Pod; it never descends into a volume that is still mounted, as those have records.
func (s stateDirectory) removePod(uid types.UID) error {
	if left, err := s.published(uid); err != nil || len(left) > 0 {
		return errors.Join(err, errors.New("a volume is still published"))
	}
	return os.RemoveAll(s.pod(uid))
}

// podUIDs are the Pods of which something is on disk.
func (s stateDirectory) podUIDs() ([]types.UID, error) {
	entries, err := os.ReadDir(filepath.Join(string(s), "pods"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	uids := make([]types.UID, 0, len(entries))
	for _, entry := range entries {
		uids = append(uids, types.UID(entry.Name()))
	}
	return uids, err
}
