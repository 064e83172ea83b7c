"""Groups of what is linked: whatever hangs together, or only what is linked throughout."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence


def connected(count: int, edges: Iterable[tuple[int, int]]) -> list[int]:
    """Connected components: for each node the lowest node that it is connected with."""
    parent = list(range(count))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in edges:
        low, high = sorted((root(left), root(right)))
        parent[high] = low
    return [root(node) for node in range(count)]


def complete_linkage(
    nodes: Sequence[int], edges: Iterable[tuple[float, int, int]]
) -> list[list[int]]:
    """Divide nodes so that all nodes of a group are linked with each other.

    Args:
        edges: (distance, one node, another); pairs without an edge are too far apart. Equal
            distances are taken in the order of their nodes.

    Source:
        Complete linkage as Kruskal's algorithm: two groups join at the edge that completes the
        links between them, for it is their farthest pair. No matrix of all pairs is needed.
    """
    group = {node: node for node in nodes}
    inside = {node: [node] for node in nodes}
    links: dict[int, Counter[int]] = defaultdict(Counter)
    for _, left, right in sorted(edges):
        one, other = sorted((group[left], group[right]), key=lambda name: (len(inside[name]), name))
        links[one][other] += 1
        links[other][one] += 1
        if links[one][other] < len(inside[one]) * len(inside[other]):
            continue
        for node in inside[one]:
            group[node] = other
        inside[other] += inside.pop(one)
        for third, count in links.pop(one).items():
            del links[third][one]
            if third != other:
                links[other][third] += count
                links[third][other] += count
    return [sorted(members) for members in inside.values()]
