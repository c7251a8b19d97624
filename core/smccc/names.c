/* SPDX-License-Identifier: MIT */
/*
 * Names for function ids, for people only: nothing is decided by them. Owners are those of Arm
 * DEN0028 table 6-2; functions are those of public documents.
 */
#include "smccc/private.h"

#define SMC64 0x40000000u

struct function {
    uint32_t id; /* of the SMC32 form if there are two */
    const char *name;
    bool both; /* the SMC64 form has the same name */
};

static const struct function functions[] = {
    {0x80000000, "SMCCC_VERSION", false},
    {0x80000001, "SMCCC_ARCH_FEATURES", false},
    {0x80000002, "SMCCC_ARCH_SOC_ID", true},
    {0x80000003, "SMCCC_ARCH_FEATURE_AVAILABILITY", true},
    {0x80000004, "SMCCC_ARCH_WORKAROUND_4", false},
    {0x80003fff, "SMCCC_ARCH_WORKAROUND_3", false},
    {0x80007fff, "SMCCC_ARCH_WORKAROUND_2", false},
    {0x80008000, "SMCCC_ARCH_WORKAROUND_1", false},
    {0xc0000005, "SMCCC_ARCH_CLEAN_INV_MEMREGION", false},
    {0xc0000006, "SMCCC_ARCH_CLEAN_INV_MEMREGION_ATTRIBUTES", false},
    {0x84000000, "PSCI_VERSION", false},
    {0x84000001, "CPU_SUSPEND", true},
    {0x84000002, "CPU_OFF", false},
    {0x84000003, "CPU_ON", true},
    {0x84000004, "AFFINITY_INFO", true},
    {0x84000005, "MIGRATE", true},
    {0x84000006, "MIGRATE_INFO_TYPE", false},
    {0x84000007, "MIGRATE_INFO_UP_CPU", true},
    {0x84000008, "SYSTEM_OFF", false},
    {0x84000009, "SYSTEM_RESET", false},
    {0x8400000a, "PSCI_FEATURES", false},
    {0x8400000b, "CPU_FREEZE", false},
    {0x8400000c, "CPU_DEFAULT_SUSPEND", true},
    {0x8400000d, "NODE_HW_STATE", true},
    {0x8400000e, "SYSTEM_SUSPEND", true},
    {0x8400000f, "PSCI_SET_SUSPEND_MODE", false},
    {0x84000010, "PSCI_STAT_RESIDENCY", true},
    {0x84000011, "PSCI_STAT_COUNT", true},
    {0x84000012, "SYSTEM_RESET2", true},
    {0x84000013, "MEM_PROTECT", false},
    {0x84000014, "MEM_PROTECT_CHECK_RANGE", true},
    {0x84000015, "SYSTEM_OFF2", true},
    {0x84000050, "TRNG_VERSION", false},
    {0x84000051, "TRNG_FEATURES", false},
    {0x84000052, "TRNG_GET_UUID", false},
    {0x84000053, "TRNG_RND", true},
    {0xc4000020, "SDEI_VERSION", false},
    {0x84000063, "FFA_VERSION", false},
    {0x840000f0, "EM_VERSION", false},
    {0xc4000110, "DRTM_VERSION", false},
    {0xc4000111, "DRTM_FEATURES", false},
    {0xc4000113, "DRTM_UNPROTECT_MEMORY", false},
    {0xc4000114, "DRTM_DYNAMIC_LAUNCH", false},
    {0xc4000115, "DRTM_CLOSE_LOCALITY", false},
    {0xc4000116, "DRTM_GET_ERROR", false},
    {0xc4000117, "DRTM_SET_ERROR", false},
    {0xc4000118, "DRTM_SET_TCB_HASH", false},
    {0xc4000119, "DRTM_LOCK_TCB_HASH", false},
    {0x84000130, "PCI_VERSION", false},
    {0xc5000020, "PV_TIME_FEATURES", false},
    {0xc5000021, "PV_TIME_ST", false},
    {0x86000000, "vendor hypervisor features (KVM)", false},
    {0x8600ff01, "vendor hypervisor UID", false},
    {0x95c1ba5e, "PSCI 0.1 CPU_SUSPEND (KVM's id)", false},
    {0x95c1ba5f, "PSCI 0.1 CPU_OFF (KVM's id)", false},
    {0x95c1ba60, "PSCI 0.1 CPU_ON (KVM's id)", false},
    {0x95c1ba61, "PSCI 0.1 MIGRATE (KVM's id)", false},
    {0xbf00ff00, "Trusted OS CALLS_COUNT", false},
    {0xbf00ff01, "Trusted OS CALLS_UID", false},
    {0xbf00ff03, "Trusted OS CALLS_REVISION", false},
    {0xb2000000, "OP-TEE GET_OS_UUID", false},
    {0xb2000001, "OP-TEE GET_OS_REVISION", false},
    {0xb2000007, "OP-TEE GET_SHM_CONFIG", false},
    {0xb2000009, "OP-TEE EXCHANGE_CAPABILITIES", false},
    {0xb200000a, "OP-TEE DISABLE_SHM_CACHE", false},
    {0xb200000b, "OP-TEE ENABLE_SHM_CACHE", false},
    {0xb200000f, "OP-TEE GET_THREAD_COUNT", false},
    {0xb2000010, "OP-TEE ENABLE_ASYNC_NOTIF", false},
    {0xb2000011, "OP-TEE GET_ASYNC_NOTIF_VALUE", false},
    {0x32000003, "OP-TEE RETURN_FROM_RPC", false},
    {0x32000004, "OP-TEE CALL_WITH_ARG", false},
    {0x32000012, "OP-TEE CALL_WITH_RPC_ARG", false},
    {0x32000013, "OP-TEE CALL_WITH_REGD_ARG", false},
};

const char *el4_smccc_function_name(uint32_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(functions); i++) {
        if (functions[i].id == id || (functions[i].both && (functions[i].id | SMC64) == id)) {
            return functions[i].name;
        }
    }
    return NULL;
}

static const char *yielding_owner(uint32_t id)
{
    return id < 0x01010000u   ? "calls older than the SMCCC"
           : id < 0x02000000u ? "reserved"
           : id < 0x20000000u ? "Trusted OS"
                              : "reserved for Trusted OS";
}

const char *el4_smccc_owner_name(uint32_t id)
{
    static const char *const owners[] = {
        "Arm architecture",
        "CPU service",
        "silicon provider",
        "OEM",
        "standard secure service",
        "standard hypervisor service",
        "vendor-specific hypervisor service",
        "vendor-specific EL3 monitor service",
    };
    if (!el4_smccc_is_fast(id)) {
        return yielding_owner(id);
    }
    uint32_t owner = id >> 24 & 0x3f;
    return owner < G_N_ELEMENTS(owners) ? owners[owner]
           : owner < 48                 ? "reserved"
           : owner < 50                 ? "Trusted Application"
                                        : "Trusted OS";
}
