"""RTP (RFC 3550): packets, H.264 payloads (RFC 6184) and the clock behind them."""
