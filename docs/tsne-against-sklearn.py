"""Compares the t-SNE of explore.json with scikit-learn's on the same points (Debian: apt-get install python3-sklearn).

python3 docs/tsne-against-sklearn.py onebit-explore/explore.json
"""
import gzip
import json
import sys
import time

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE, trustworthiness

tsne = json.load(open(sys.argv[1]))["tsne"]
with gzip.open("data/mnist/train-images-idx3-ubyte.gz") as file:
    pixels = np.frombuffer(file.read()[16:], np.uint8).reshape(-1, 784)[tsne["indices"]] / np.float32(255)
points = PCA(tsne["pcaDimensions"], svd_solver="full").fit_transform(pixels)
start = time.time()
other = TSNE(method="exact", init="random", perplexity=tsne["perplexity"], learning_rate="auto", random_state=1)
picture = other.fit_transform(points)
seconds = time.time() - start
for name, positions, divergence, took in [
    ("onebit", np.array(tsne["embedding"]), tsne["klDivergence"], tsne["seconds"]),
    ("scikit-learn", picture, other.kl_divergence_, seconds),
]:
    trust = [trustworthiness(space, positions, n_neighbors=12) for space in (pixels, points)]
    print(f"{name}: trustworthiness {trust[0]:.4f} in pixels, {trust[1]:.4f} in components; KL divergence {divergence:.4f}; {took:.1f} s")
