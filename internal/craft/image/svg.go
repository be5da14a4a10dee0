package image
func isSVG([]byte) bool { return false }
func (l *layout) scanSVG([]byte) {}
