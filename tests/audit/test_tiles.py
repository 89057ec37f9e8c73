"""Tiles: the paths of the specification, every node from tiles, bundles of entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.merkle import Frontier, leaf_hash, root
from audit.tiles import (
    Tile,
    bundle,
    entries_in,
    hashes_in,
    tile_nodes,
    tile_root,
    tiles_between,
    width,
)
from tests.audit.trees import plain_nodes

LEAVES = [leaf_hash(n.to_bytes(4, "big")) for n in range(70_000)]


def stored(size: int) -> dict[str, bytes]:
    """Every tile of the tree of the first `size` leaves, made as a log makes them."""
    tiles, level = dict[str, bytes](), LEAVES[:size]
    for number in range(8):
        for index in range(-(-len(level) // 256)):
            part = level[index * 256 : (index + 1) * 256]
            tile = Tile(level=number, index=index, width=len(part))
            tiles[tile.path] = b"".join(part)
        level = [tile_root(b"".join(level[n : n + 256])) for n in range(0, len(level) - 255, 256)]
    return tiles


TILES = stored(70_000)


@pytest.mark.parametrize(
    ("path", "tile"),
    [
        ("tile/0/x001/x234/067", Tile(level=0, index=1234067)),
        ("tile/0/000", Tile(level=0, index=0)),
        ("tile/63/x001/000.p/255", Tile(level=63, index=1000, width=255)),
        ("tile/entries/273.p/112", Tile(level=None, index=273, width=112)),
    ],
)
def test_paths_are_those_of_the_specification(path: str, tile: Tile) -> None:
    assert tile.path == path
    assert Tile.parsed(path) == tile


@given(
    st.integers(0, 63) | st.none(),
    st.integers(0, 10**18 - 1),
    st.integers(1, 256),
)
def test_a_path_is_read_back(level: int | None, index: int, wide: int) -> None:
    tile = Tile(level=level, index=index, width=wide)
    assert Tile.parsed(tile.path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/64/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/x001/x000",
        "tile/0/001/000",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/999",
        "tile/0/000/",
        "tile/0/../000",
        "tile/data/000",
        "tile/0/000\n",
        "/tile/0/000",
        "tile/0/" + "x001/" * 6 + "000",
        "tile/0/００１",
    ],
)
def test_a_path_that_no_tile_has_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path"):
        Tile.parsed(path)


def test_a_tree_of_70_000_has_the_tiles_that_the_specification_counts() -> None:
    assert len([path for path in TILES if path.startswith("tile/0/") and ".p" not in path]) == 273
    assert {path for path in TILES if ".p" in path} == {
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    }
    assert {tile.path for tile in tiles_between(0, 70_000)} == set(TILES)


@given(st.integers(0, 2000), st.integers(0, 2000))
def test_between_two_trees_lie_the_tiles_that_only_the_larger_has(one: int, other: int) -> None:
    old, new = sorted((one, other))
    found = {tile.path for tile in tiles_between(old, new)}
    assert found == {t.path for t in tiles_between(0, new)} - {
        t.path for t in tiles_between(0, old)
    }


@given(st.integers(0, 70_000))
def test_the_root_of_any_size_comes_from_the_tiles_of_the_whole_log(size: int) -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:size])
    assert root(size, tile_nodes(70_000, lambda tile: TILES[tile.path])) == frontier.root()


@given(st.integers(1, 700), st.data())
def test_each_node_from_tiles_is_the_node_of_the_tree(size: int, data: st.DataObject) -> None:
    level = data.draw(st.integers(0, size.bit_length() - 1))
    index = data.draw(st.integers(0, (size >> level) - 1))
    tiles = stored(size)
    entries = [n.to_bytes(4, "big") for n in range(size)]
    found = tile_nodes(size, lambda tile: tiles[tile.path])(level, index)
    assert found == plain_nodes(entries)(level, index)


@pytest.mark.parametrize(("level", "index"), [(0, 300), (9, 0), (0, -1), (1, 150)])
def test_a_node_beyond_the_tree_is_refused(level: int, index: int) -> None:
    with pytest.raises(ValueError, match="does not hold"):
        tile_nodes(300, lambda tile: TILES[tile.path])(level, index)


def test_a_tile_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="tile/0/000 has 31 bytes"):
        tile_nodes(300, lambda _: bytes(31))(0, 5)


def test_each_tile_is_read_once() -> None:
    asked = list[str]()

    def read(tile: Tile) -> bytes:
        asked.append(tile.path)
        return TILES[tile.path]

    nodes = tile_nodes(70_000, read)
    assert [nodes(0, n) for n in range(512)] == LEAVES[:512]
    assert asked == ["tile/0/000", "tile/0/001"]


def test_the_width_of_a_tile_follows_the_size() -> None:
    assert [width(0, 1, size) for size in (0, 256, 257, 512, 600)] == [0, 0, 1, 256, 256]
    assert hashes_in(TILES["tile/1/001.p/17"])[0] == tile_root(TILES["tile/0/256"])


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_a_bundle_is_read_back_and_one_that_is_cut_is_refused(entries: list[bytes]) -> None:
    data = bundle(entries)
    assert entries_in(data) == entries
    if data:
        for cut in (data[:-1], data + b"\x00", data + b"\x00\x05abc"):
            if entries[-1] or cut != data[:-1]:
                with pytest.raises(ValueError, match="middle"):
                    entries_in(cut)


def test_an_entry_that_is_too_long_for_a_bundle_is_refused() -> None:
    with pytest.raises(ValueError, match="65,535"):
        bundle([bytes(65_536)])
