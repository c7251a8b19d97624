/* SPDX-License-Identifier: MIT */
/*
 * A shared object that has no descriptor.
 */
extern const int something_else;
const int something_else = 1;
