package webexsim

import "net/http"

func (s *Server) control(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }
