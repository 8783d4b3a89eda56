// Checks a log that Reeve wrote with an implementation that is not Reeve's: golang.org/x/mod/sumdb.
//
// Usage: check-log FOLDER VERIFIER-KEY PROOFS.json. Exit code 0 when everything is accepted; otherwise one line says what
// was refused first.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// What Reeve claims; every hash is base64 as encoding/json reads []byte.
type proofs struct {
	Inclusion []struct {
		Index int64
		Size  int64
		Root  []byte
		Leaf  []byte
		Proof [][]byte
	}
	Consistency []struct {
		Older     int64
		OlderRoot []byte
		Size      int64
		Root      []byte
		Proof     [][]byte
	}
}

// The paths of C2SP tlog-tiles are those of sumdb without the height.
type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		content, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		data[i] = content
	}
	return data, nil
}

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func must(err error, what string) {
	if err != nil {
		fmt.Println(what+":", err)
		os.Exit(1)
	}
}

func hashOf(given []byte) (h tlog.Hash) {
	if len(given) != tlog.HashSize {
		must(fmt.Errorf("%d bytes", len(given)), "a hash has 32 bytes")
	}
	copy(h[:], given)
	return h
}

func hashesOf(all [][]byte) []tlog.Hash {
	hashes := make([]tlog.Hash, len(all))
	for i, given := range all {
		hashes[i] = hashOf(given)
	}
	return hashes
}

func main() {
	dir := folder(os.Args[1])
	verifier, err := note.NewVerifier(os.Args[2])
	must(err, "verifier key")
	text, err := os.ReadFile(filepath.Join(string(dir), "checkpoint"))
	must(err, "checkpoint")
	opened, err := note.Open(text, note.VerifierList(verifier))
	must(err, "checkpoint")
	lines := strings.SplitN(opened.Text, "\n", 4)
	var size int64
	_, err = fmt.Sscanf(lines[1], "%d", &size)
	must(err, "size")
	root, err := tlog.ParseHash(lines[2])
	must(err, "root")
	tree := tlog.Tree{N: size, Hash: root}

	reader := tlog.TileHashReader(tree, dir)
	computed, err := tlog.TreeHash(size, reader)
	must(err, "tiles")
	if computed != root {
		must(fmt.Errorf("%v is not %v", computed, root), "root of the tiles")
	}
	checkFromEntries(dir, tree)

	var claimed proofs
	given, err := os.ReadFile(os.Args[3])
	must(err, "proofs")
	must(json.Unmarshal(given, &claimed), "proofs")
	for _, p := range claimed.Inclusion {
		err := tlog.CheckRecord(tlog.RecordProof(hashesOf(p.Proof)), p.Size, hashOf(p.Root), p.Index, hashOf(p.Leaf))
		must(err, fmt.Sprintf("inclusion of %d in %d", p.Index, p.Size))
	}
	for _, p := range claimed.Consistency {
		err := tlog.CheckTree(tlog.TreeProof(hashesOf(p.Proof)), p.Size, hashOf(p.Root), p.Older, hashOf(p.OlderRoot))
		must(err, fmt.Sprintf("consistency of %d with %d", p.Older, p.Size))
	}
	fmt.Printf("accepted: %d entries, %d inclusion and %d consistency proofs\n", size, len(claimed.Inclusion), len(claimed.Consistency))
}

// Builds the tree anew from the entries, and compares every tile with it, byte for byte.
func checkFromEntries(dir folder, tree tlog.Tree) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for first := int64(0); first < tree.N; first += 256 {
		width := tree.N - first
		if width > 256 {
			width = 256
		}
		tile := tlog.Tile{H: 8, L: -1, N: first / 256, W: int(width)}
		path := strings.Replace(tile.Path(), "tile/8/data/", "tile/entries/", 1)
		bundle, err := os.ReadFile(filepath.Join(string(dir), path))
		must(err, "entries")
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 || len(bundle) < 2+int(binary.BigEndian.Uint16(bundle)) {
				must(fmt.Errorf("it breaks off"), path)
			}
			length := int(binary.BigEndian.Uint16(bundle))
			hashes, err := tlog.StoredHashes(first+i, bundle[2:2+length], reader)
			must(err, path)
			stored = append(stored, hashes...)
			bundle = bundle[2+length:]
		}
		if len(bundle) != 0 {
			must(fmt.Errorf("bytes after the last entry"), path)
		}
	}
	computed, err := tlog.TreeHash(tree.N, reader)
	must(err, "entries")
	if computed != tree.Hash {
		must(fmt.Errorf("%v is not %v", computed, tree.Hash), "root of the entries")
	}
	tiles := tlog.NewTiles(8, 0, tree.N)
	for i, tile := range tiles {
		// sumdb lists every narrower form of a partial tile too; a log keeps those of its checkpoints
		if i+1 < len(tiles) && tiles[i+1].L == tile.L && tiles[i+1].N == tile.N {
			continue
		}
		want, err := tlog.ReadTileData(tile, reader)
		must(err, tile.Path())
		have, err := dir.ReadTiles([]tlog.Tile{tile})
		must(err, tile.Path())
		if !bytes.Equal(want, have[0]) {
			must(fmt.Errorf("not the tile of these entries"), tile.Path())
		}
	}
}
