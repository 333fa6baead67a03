"""RTP (RFC 3550): packets, what they hold of H.264, H.265 and audio, and the clock behind them."""
