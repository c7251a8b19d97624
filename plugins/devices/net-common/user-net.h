/* SPDX-License-Identifier: MIT */
/*
 * A network that needs no privileges on the host.
 */
#ifndef USER_NET_H
#define USER_NET_H

#include <el4/host.h>

struct user_net;

/*
 * Start it as the keys hostfwd and restrict say; NULL after fail(). deliver is called with each
 * frame for the guest, also from within el4_user_net_send().
 */
struct user_net *el4_user_net_new(const struct el4_host *host, struct el4_instance *self,
                                  void (*deliver)(void *opaque, const uint8_t *frame,
                                                  size_t bytes),
                                  void *opaque);
void el4_user_net_free(struct user_net *net);
/* A frame from the guest. */
void el4_user_net_send(struct user_net *net, const uint8_t *frame, size_t bytes);

#endif
