/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the configuration layer share. Include after cmocka.h.
 */
#ifndef CONFIG_FIXTURE_H
#define CONFIG_FIXTURE_H

#include "config/config.h"

struct fixture {
    struct el4_config *config;
    char *folder;
};

extern const struct el4_config_schema fixture_machine_schema;
extern const struct el4_config_schema fixture_boot_schema;
extern const struct el4_config_schema fixture_chain_schema;

/* The INI file of the design, section 7. */
extern const char fixture_sample[];

int fixture_set_up(void **state);
int fixture_tear_down(void **state);

void fixture_write_bytes(const char *name, const char *bytes, size_t length);
void fixture_write(const char *name, const char *text);

/* Each of these fails the test if the call does. */
void fixture_load(struct el4_config *config, const char *text); /* as file m.ini */
void fixture_override(struct el4_config *config, const char *option);
void fixture_add_schema(struct el4_config *config, const char *section,
                        const struct el4_config_schema *schema);

/* All schemas that the sample needs. */
void fixture_add_schemas(struct el4_config *config);

/* Check, and compare the messages, one a line; "" for none. */
void fixture_assert_messages(struct el4_config *config, const char *expected);

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)

#endif
