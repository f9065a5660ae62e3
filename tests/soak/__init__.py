"""Long runs whose memory is watched: 2,000 clips, and a clip of two hours: `make soak`."""
