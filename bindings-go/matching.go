package tinkwebhooks

// matching returns the handlers for an event of this name, which the caller must not change.
func (h *Handler) matching(name string) ([]HandlerFunc, error) {
	if h == nil {
		return nil, closed()
	}
	if handlers, known := h.routes.find(name); known {
		return handlers, nil
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if !h.core.open() {
		return nil, closed()
	}
	return h.route(name)
}

// route is called with h.mu held for reading. It does not keep the name.
func (h *Handler) route(name string) ([]HandlerFunc, error) {
	if handlers, known := h.routes.find(name); known {
		return handlers, nil
	}
	slots, err := h.core.matching(name, len(h.slots))
	if err != nil {
		return nil, err
	}
	handlers := make([]HandlerFunc, 0, len(slots))
	for _, slot := range slots {
		handlers = append(handlers, h.slots[uintptr(slot)])
	}
	h.routes.add(name, handlers)
	return handlers, nil
}
