package sqlite

import (
	"os"
	"path/filepath"
)

const notesName = "notes"

func openNotes(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, notesName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, folderError(dir, "cannot be written", err)
	}
	return f, nil
}

// Notes returns a file for what a process leaves to the next one on the folder.
// It is not synced: it outlives the process however that ends, and may be lost
// in a power cut. A backup is without. Close closes it.
func (s *Store) Notes() *os.File { return s.notes }
