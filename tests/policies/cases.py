# SPDX-License-Identifier: MIT
"""
The cases of policy: which machine, and what each call must do there. Written from the reference
(DDI 0487, DDI 0406, DEN0022, DEN0028, and what each release of QEMU is known to have done), not
from what el4 does. The names of calls are those of calls.h.
"""
from dataclasses import dataclass, field

# The forms of PSCI_VERSION that A32 and T32 have beside SMC and HVC as such.
FORMS = ['psci-version-t32', 'psci-version-true', 'psci-version-it-true']
FALSE = ['psci-version-false', 'psci-version-it-false']
PSCI = ['psci-version'] + FORMS + ['psci-version-hint', 'psci-version-high', 'psci-6', 'psci-features',
        'psci-cpu-on-64']
IDENTITY = ['psci-version-hint', 'psci-version-high']
OLD = ['psci-0.1-cpu-on']
IMMEDIATE = ['psci-version-imm1']
UNKNOWN = ['smccc-version', 'unknown-standard', 'unknown-standard-t32', 'unknown-sip-64', 'unknown-uid',
           'unknown-reserved', 'unknown-last']
NO_FAST_CALL = ['yielding', 'legacy', 'monitor-0', 'monitor-1']
MONITOR_FAST = ['monitor-fast']
ALL = PSCI + OLD + IMMEDIATE + UNKNOWN + NO_FAST_CALL + MONITOR_FAST
ORDER = ALL + FALSE

CALL_NAMES = {
    'psci-version': 'PSCI_VERSION',
    'psci-version-t32': 'PSCI_VERSION in T32',
    'psci-version-true': 'PSCI_VERSION by `SMCNE`, true',
    'psci-version-it-true': 'PSCI_VERSION by `IT NE`, true',
    'psci-version-false': 'PSCI_VERSION by `SMCEQ`, false',
    'psci-version-it-false': 'PSCI_VERSION by `IT EQ`, false',
    'psci-version-hint': 'PSCI_VERSION with bit 16',
    'psci-version-high': 'PSCI_VERSION with upper half of x0',
    'psci-version-imm1': 'PSCI_VERSION by `#1`',
    'psci-6': '0x84000006',
    'psci-features': 'PSCI_FEATURES',
    'psci-cpu-on-64': 'CPU_ON (SMC64)',
    'psci-0.1-cpu-on': '0x95c1ba60',
    'smccc-version': 'SMCCC_VERSION',
    'unknown-standard': '0x8400001f',
    'unknown-standard-t32': '0x8400001f in T32',
    'unknown-sip-64': '0xc2000001',
    'unknown-uid': '0x8600ff01',
    'unknown-reserved': '0x84020000',
    'unknown-last': '0xffffffff',
    'yielding': '0x32000004',
    'legacy': '0x00000001',
    'monitor-0': 'monitor call with r0 = 0',
    'monitor-1': 'monitor call with r0 = 1',
    'monitor-fast': 'monitor call with r0 = 0x8e470001',
}

# Groups that the document names as one.
GROUPS = {
    tuple(UNKNOWN): 'unknown fast ids',
    tuple(FORMS): 'its forms in T32 and with a condition',
    tuple(FALSE): 'PSCI_VERSION, the condition fails',
    ('yielding', 'legacy'): 'yielding ids',
    ('monitor-0', 'monitor-1', 'monitor-fast'): 'monitor calls',
}

ANY = ['el3', 's-el1', 'el2', 'el1', 'el1+tsc']
LEVELS = ANY + ['el0']
NORMAL = ['el2', 'el1']


@dataclass
class Row:
    """`want`: an outcome as the probe prints it, 'own' for UNDEFINED at the caller's level, or
    a dictionary of outcomes by call."""
    instruction: str
    levels: list
    calls: list
    want: object
    says: str


@dataclass
class Machine:
    name: str       # of the run
    title: str      # in the document
    config: str     # in config/policies
    probe: str      # a64, or a32 with the start of RAM
    rows: list
    options: list = field(default_factory=list)  # of el4
    qemu: list = None                            # options of QEMU; None: it has no such machine
    qemu_raw: bool = False                       # as a kernel, not as firmware
    like_qemu: bool = False                      # el4 must do as QEMU does
    el3_shown: bool = True
    cpus: int = 1
    checks: int = 0  # of a guest that checks by itself; then there are no rows

    @property
    def aarch32(self):
        return self.probe != 'a64'


@dataclass
class Case:
    title: str
    text: str
    machines: list


# ---- what answers are ----

def psci_answers(version, aarch32):
    """PSCI_VERSION, and MIGRATE_INFO_TYPE: no migration is needed (DEN0022 5.3, 5.9)."""
    number = {'0.2': '0x2', '1.1': '0x10001'}[version]
    answers = dict.fromkeys(['psci-version', 'psci-version-hint', 'psci-version-high'] + FORMS,
                            f'answer {number}')
    answers['psci-6'] = 'answer 0x2'
    # No such CPU; from AArch32 an SMC64 id is unknown (DEN0028 5.2).
    answers['psci-cpu-on-64'] = 'answer -1' if aarch32 else 'answer -2'
    if version != '0.2':
        answers['psci-features'] = 'answer 0x0'
    return answers


def psci(instruction, levels, aarch32, version='1.1'):
    answers = psci_answers(version, aarch32)
    return Row(instruction, levels, list(answers), answers,
               f'PSCI {version} is there: answered')


# 0.1 has no code for "no such CPU" but INVALID_PARAMETERS.
OLD_ANSWER = 'answer -2'
CALXEDA_ANSWER = {'psci-6': 'answer -2'}

# ---- what the architecture says ----

# On every machine, before its own rows.
ALWAYS = [
    Row('smc', ['el0'], ALL, 'own', 'UNDEFINED from EL0, whatever the id'),
    Row('hvc', ['el0'], ALL, 'own', 'UNDEFINED from EL0, whatever the id'),
    Row('smc', ANY, FALSE, 'nothing', 'the condition fails: no SMC'),
]

SMC_IS_EL3S = [
    Row('smc', ['el1+tsc'], ALL, 'trap el2 smc', 'HCR.TSC: to EL2, whatever the id'),
    Row('smc', ANY, ALL, 'trap el3 smc', 'SMC is an exception to EL3'),
]
SMC_IS_NOTHING = [
    Row('smc', ANY, ALL, 'own', 'no EL3 and no service: SMC is UNDEFINED'),
]
HVC_IS_EL2S = [
    Row('hvc', ['el3'], ALL, 'own', 'UNDEFINED: SCR_EL3.HCE is 0, or Secure AArch32'),
    Row('hvc', ['s-el1'], ALL, 'own', 'UNDEFINED: no Secure EL2'),
    Row('hvc', ANY, ALL, 'trap el2 hvc', 'HVC is an exception to EL2'),
]
HVC_IS_NOTHING = [
    Row('hvc', ANY, ALL, 'own', 'no EL2 and no service: HVC is UNDEFINED'),
]
TSC_FIRST = Row('smc', ['el1+tsc'], ALL, 'trap el2 smc', 'HCR.TSC comes before any service')
UNKNOWN_IS_MINUS_1 = 'SMCCC 5.2: an unknown id is -1'


def hvc_rows(el2):
    return HVC_IS_EL2S if el2 else HVC_IS_NOTHING


# ---- cases 1 to 5 ----

def firmware_rows(instruction, levels, aarch32):
    """PSCI and -1: a call with an immediate is none, and nobody else would have it."""
    return [
        psci(instruction, levels, aarch32),
        Row(instruction, levels, IMMEDIATE, 'own',
            'DEN0028 2.9: no SMCCC call, and nobody to trap to'),
        Row(instruction, levels, ALL, 'answer -1', UNKNOWN_IS_MINUS_1),
    ]


def case_1_hvc(aarch32):
    return firmware_rows('hvc', ['el1'], aarch32) + SMC_IS_NOTHING


def case_1_smc(aarch32):
    return [TSC_FIRST] + firmware_rows('smc', NORMAL, aarch32) + HVC_IS_EL2S


def case_3(aarch32):
    return [TSC_FIRST, psci('smc', NORMAL, aarch32)] + SMC_IS_EL3S + HVC_IS_EL2S


def case_3_calxeda(el2):
    return [TSC_FIRST, Row('smc', NORMAL, ['psci-6'], CALXEDA_ANSWER,
                           'the board\'s PSCI 0.1: CPU_ON, of no CPU')] + \
        SMC_IS_EL3S + hvc_rows(el2)


UNKNOWN_FAST = [
    Row('smc', NORMAL, IMMEDIATE, 'trap el3 smc', 'DEN0028 2.9: no SMCCC call'),
    Row('smc', NORMAL, PSCI + OLD + UNKNOWN, 'answer -1', UNKNOWN_IS_MINUS_1),
    Row('smc', NORMAL, NO_FAST_CALL, 'trap el3 smc', 'no fast SMCCC call: EL3\'s'),
    Row('smc', NORMAL, MONITOR_FAST, 'answer -1', 'r0 decides: taken for an unknown fast id'),
]


def case_4(aarch32):
    return [TSC_FIRST, psci('smc', NORMAL, aarch32)] + UNKNOWN_FAST + SMC_IS_EL3S + HVC_IS_EL2S


def case_4_calxeda(el2):
    return case_3_calxeda(el2)[:2] + UNKNOWN_FAST + SMC_IS_EL3S + hvc_rows(el2)


def case_5(aarch32, el2):
    return [TSC_FIRST] + firmware_rows('smc', NORMAL, aarch32) + hvc_rows(el2)


# ---- case 7 ----

def qemu_rows(release, instruction, aarch32, el3, el2):
    """Where the conduit is on: the same for all callers and immediates."""
    version = '1.1' if release == '7.0' else '0.2'
    answers = psci_answers(version, aarch32)
    answers['psci-version-imm1'] = answers['psci-version']
    rows = [Row('smc', ['el1+tsc'], ALL, 'trap el2 smc', 'HCR.TSC comes first')] \
        if instruction == 'smc' else []
    rows += [
        Row(instruction, ANY, IDENTITY, answers,
            'SMCCC: the same id (QEMU\'s is another; el4 can\'t do that)'),
        Row(instruction, ANY, list(answers), answers, f'PSCI {version}'),
        Row(instruction, ANY, OLD, OLD_ANSWER, 'PSCI 0.1 beside it'),
    ]
    if release != '6.1':
        rows += [Row(instruction, ANY, ALL, 'answer -1', 'anything else is -1')]
    elif el3:
        rows += [Row(instruction, ANY, ALL, 'trap el3 smc', 'anything else is EL3\'s')]
    else:
        rows += [Row(instruction, ANY, ALL, 'own', 'anything else is UNDEFINED')]
    return rows + (SMC_IS_NOTHING if instruction == 'hvc' else hvc_rows(el2))


# ---- machines ----

A32_VIRT = 'a32-0x40000000'
A32_CALXEDA = 'a32-0'
A32_0X8 = 'a32-0x80000000'
VIRT = ['-cpu', 'cortex-a53']
VIRT_A32 = ['-cpu', 'cortex-a15']
EL2 = ['-s', 'machine.el2=yes']
ONLY_A32 = ['-s', 'machine.aarch64=no']
GUEST_EL3 = ['-s', 'machine.el3=guest']


def qemu_virt(switches, cpu):
    return ['-M', ','.join(['virt'] + switches), '-cpu', cpu]


def board(name):
    return ['--board', name]


def qemu_case(release):
    """The machines of one release. QEMU 7.2 stands beside them, which is as 7.0."""
    is_7 = release == '7.0'
    config = f'qemu-{release}-'
    on_el2 = qemu_virt(['virtualization=on'], 'cortex-a53')
    on_el3 = qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a53')

    def name(of):
        return f'7-{release}-{of}'

    def rows(aarch32, el3, el2, conduit='smc'):
        return qemu_rows(release, conduit, aarch32, el3, el2)

    def firmware(of, board_name, ram, el2, dead=False):
        machine = {'highbank': 'highbank', 'midway': 'midway', 'imx6ul-evk': 'mcimx6ul-evk',
                   'vexpress-a15': 'vexpress-a15'}[board_name]
        options = GUEST_EL3 if is_7 and board_name in ('highbank', 'midway') else []
        suffix = '-firmware' if is_7 and board_name == 'imx6ul-evk' else ''
        return Machine(
            name(of), f'{board_name}, firmware', f'{config}{board_name}{suffix}.ini', ram,
            SMC_IS_EL3S + HVC_IS_EL2S if dead else rows(True, True, el2),
            options=options, qemu=['-M', machine], like_qemu=is_7)

    def kernel(board_name, ram, el2):
        machine = {'imx6ul-evk': 'mcimx6ul-evk'}.get(board_name, board_name)
        return Machine(name(f'{board_name}-kernel'), f'{board_name}, kernel',
                       f'{config}{board_name}.ini', ram, rows(True, False, el2),
                       qemu=['-M', machine], qemu_raw=True, like_qemu=True)

    machines = [
        Machine(name('virt'), 'virt', config + 'virt.ini', 'a64',
                rows(False, False, False, 'hvc'), VIRT, qemu_virt([], 'cortex-a53'),
                like_qemu=is_7, el3_shown=False),
        Machine(name('virt-a32'), 'virt, Cortex-A15', config + 'virt.ini', A32_VIRT,
                rows(True, False, False, 'hvc'), VIRT_A32, qemu_virt([], 'cortex-a15'),
                like_qemu=is_7, el3_shown=False),
        Machine(name('virt-el2'), 'virt, EL2', config + 'virt-el2.ini', 'a64',
                rows(False, False, True), VIRT, on_el2, like_qemu=is_7, el3_shown=False),
        Machine(name('virt-el3'), 'virt, EL2 and EL3', config + 'virt-el3.ini', 'a64',
                SMC_IS_EL3S + HVC_IS_EL2S if is_7 else rows(False, True, True),
                VIRT, on_el3, like_qemu=is_7),
        firmware('highbank', 'highbank', A32_CALXEDA, False),
        firmware('midway', 'midway', A32_CALXEDA, True),
        firmware('imx6ul-evk', 'imx6ul-evk', A32_0X8, True, dead=is_7),
        firmware('vexpress-a15', 'vexpress-a15', A32_0X8, True, dead=True),
    ]
    if is_7:
        machines += [Machine(name('virt-el3-kernel'), 'virt, EL2 and EL3, kernel',
                             config + 'virt-el3-kernel.ini', 'a64', rows(False, False, True),
                             VIRT, on_el3, qemu_raw=True, like_qemu=True),
                     kernel('highbank', A32_CALXEDA, False),
                     kernel('midway', A32_CALXEDA, True),
                     kernel('imx6ul-evk', A32_0X8, True)]
    return machines


CASES = [
    Case('Case 1: no EL3', 'PSCI, and -1 for every id that nobody has.', [
        Machine('1-virt', 'virt, HVC', 'psci-hvc.ini', 'a64', case_1_hvc(False), VIRT,
                qemu_virt([], 'cortex-a53'), el3_shown=False),
        Machine('1-virt-a32', 'virt with a Cortex-A15, HVC', 'psci-hvc.ini', A32_VIRT,
                case_1_hvc(True), VIRT_A32, qemu_virt([], 'cortex-a15'), el3_shown=False),
        Machine('1-virt-el2', 'virt with EL2, SMC', 'psci-smc.ini', 'a64', case_1_smc(False),
                VIRT, qemu_virt(['virtualization=on'], 'cortex-a53'), el3_shown=False),
        Machine('1-virt-el2-a32', 'virt with a Cortex-A15 and Hyp mode, SMC', 'psci-smc.ini',
                A32_VIRT, case_1_smc(True), VIRT_A32,
                qemu_virt(['virtualization=on'], 'cortex-a15'), el3_shown=False),
    ]),
    Case('Case 2: the guest owns EL3', 'Every SMC is the guest\'s; nothing is eaten.', [
        Machine('2-virt', 'virt', 'guest-el3.ini', 'a64', SMC_IS_EL3S + HVC_IS_EL2S,
                board('virt') + VIRT,
                qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a53')),
        Machine('2-virt-a32', 'virt with a Cortex-A15', 'guest-el3.ini', A32_VIRT,
                SMC_IS_EL3S + HVC_IS_EL2S, board('virt') + VIRT_A32,
                qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a15')),
        Machine('2-virt-a32-v8', 'virt with `max` in AArch32', 'guest-el3.ini', A32_VIRT,
                SMC_IS_EL3S + HVC_IS_EL2S, board('virt') + ['-cpu', 'max'] + ONLY_A32,
                qemu_virt(['secure=on', 'virtualization=on'], 'max')),
        Machine('2-imx6ul-evk', 'imx6ul-evk', 'guest-el3.ini', A32_0X8,
                SMC_IS_EL3S + HVC_IS_EL2S, [], ['-M', 'mcimx6ul-evk']),
        Machine('2-vexpress-a15', 'vexpress-a15', 'guest-el3.ini', A32_0X8,
                SMC_IS_EL3S + HVC_IS_EL2S, board('vexpress-a15'), ['-M', 'vexpress-a15']),
        Machine('2-midway', 'midway', 'guest-el3.ini', A32_CALXEDA, SMC_IS_EL3S + HVC_IS_EL2S,
                board('midway'), ['-M', 'midway']),
    ]),
    Case('Case 3: PSCI, and a monitor at EL3',
         'PSCI ids are answered in the Normal world, every other SMC goes to the monitor that '
         'the guest has at EL3.', [
             Machine('3-highbank', 'highbank', 'psci-and-monitor-calxeda.ini', A32_CALXEDA,
                     case_3_calxeda(False), [], ['-M', 'highbank']),
             Machine('3-midway', 'midway', 'psci-and-monitor-calxeda.ini', A32_CALXEDA,
                     case_3_calxeda(True), board('midway') + EL2, ['-M', 'midway']),
             Machine('3-virt', 'virt', 'psci-and-monitor.ini', 'a64', case_3(False), VIRT,
                     qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a53')),
             Machine('3-virt-a32', 'virt with a Cortex-A15', 'psci-and-monitor.ini', A32_VIRT,
                     case_3(True), VIRT_A32,
                     qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a15')),
         ]),
    Case('Case 4: two opposite policies on one machine',
         'Unknown fast ids are answered -1; the board\'s monitor calls, with the function in '
         'r12, trap to EL3. Each table is one run.', [
             Machine('4-highbank', 'highbank', 'opposite-calxeda.ini', A32_CALXEDA,
                     case_4_calxeda(False), [], ['-M', 'highbank']),
             Machine('4-midway', 'midway', 'opposite-calxeda.ini', A32_CALXEDA,
                     case_4_calxeda(True), board('midway') + EL2, ['-M', 'midway']),
             Machine('4-virt', 'virt', 'opposite.ini', 'a64', case_4(False), VIRT,
                     qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a53')),
         ]),
    Case('Case 5: EL3 is shown, and is the emulator\'s',
         'The ID registers have EL3 (checked), no guest code runs there.', [
             Machine('5-virt', 'virt', 'reported-el3.ini', 'a64', case_5(False, True), VIRT,
                     qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a53'),
                     qemu_raw=True),
             Machine('5-virt-a32', 'virt with a Cortex-A15', 'reported-el3.ini', A32_VIRT,
                     case_5(True, True), VIRT_A32,
                     qemu_virt(['secure=on', 'virtualization=on'], 'cortex-a15'),
                     qemu_raw=True),
             Machine('5-highbank', 'highbank', 'reported-el3.ini', A32_CALXEDA,
                     case_5(True, False), board('highbank') + ['-s', 'machine.el2=no'],
                     ['-M', 'highbank'], qemu_raw=True),
             Machine('5-imx6ul-evk', 'imx6ul-evk', 'reported-el3.ini', A32_0X8,
                     case_5(True, True), board('imx6ul-evk'), ['-M', 'mcimx6ul-evk'],
                     qemu_raw=True),
         ]),
    Case('Case 6: EL4 calls',
         'Guest firmware at EL3 has every SMC and hands PSCI on to el4; a CPU is brought up '
         'through each of the forms. QEMU has nothing like it.', [
             Machine('6-virt', 'virt: HLT, doorbell, register', 'el4-call.ini', 'el4-call-a64',
                     [], VIRT, cpus=4, checks=37),
             Machine('6-virt-a32-v8', 'virt with a Cortex-A53 in AArch32: doorbell, register, '
                     'HLT', 'el4-call.ini', 'el4-call-a32', [], VIRT + ONLY_A32, cpus=5,
                     checks=54),
             Machine('6-virt-max-a32', 'virt with `max` in AArch32: doorbell, register, HLT',
                     'el4-call.ini', 'el4-call-a32', [], ['-cpu', 'max'] + ONLY_A32, cpus=5,
                     checks=54),
             Machine('6-virt-a32', 'virt with a Cortex-A15: doorbell, register', 'el4-call.ini',
                     'el4-call-a32', [], VIRT_A32, cpus=4, checks=38),
         ]),
    Case('Case 7: QEMU up to 6.1, and 6.2',
         'Known ids are PSCI\'s, others take their exception.', qemu_case('6.1')),
    Case('Case 7: QEMU 6.2 before its release',
         'Whatever is on the conduit is taken; guest code at EL3 gets no SMC.',
         qemu_case('6.2-rc')),
    Case('Case 7: QEMU 7.0 to 7.2',
         'The boot level decides, except on highbank and midway. These runs must do what QEMU '
         '7.2 does, call by call, but for bit 16 and the upper half of x0.', qemu_case('7.0')),
]
