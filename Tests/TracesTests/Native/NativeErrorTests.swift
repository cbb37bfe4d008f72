import Testing

@testable import Traces

/// One wrong statement and the whole of what is said about it.
struct NativeMistake: Sendable, CustomTestStringConvertible {
    var text: String
    var fault: String

    init(_ text: String, _ fault: String) {
        self.text = text
        self.fault = fault
    }

    var testDescription: String { text }
}

private let address =
    "an address (a number, or a declared buffer, region, alias or device, with '+ NUMBER')"
private let size = "a size (decimal or 0x hex, suffix K, M or G)"
private let bytes = "a number of bytes (decimal or 0x hex, suffix K, M or G)"
private let areas =
    "expected 'stack', 'vmapstack', 'text', 'rodata', 'vmalloc', 'invalid' or the end of the line"
private let deviceWords = "an operation of a device ('rd', 'wr', 'fetch' or 'irq')"

@Suite struct NativeErrorTests {
    static let words: [NativeMistake] = [
        NativeMistake("foo", "1: found 'foo', expected a statement"),
        NativeMistake(
            "bufer x 0 1",
            "1: found 'bufer', expected a statement; did you mean 'buffer'?"),
        NativeMistake(
            "LD rx 4", "1: found 'LD', expected a statement; did you mean 'ld'?"),
        NativeMistake(
            "core0: ldd rx 4",
            "8: found 'ldd', expected an operation of a core; did you mean 'ld'?"),
        NativeMistake("= 4", "1: found '=', expected a statement"),
        NativeMistake("@pc=4", "1: found '@pc=4', expected a statement"),
        NativeMistake(
            "staleline 1",
            "1: found 'staleline', expected a statement; the header stands once"),
        NativeMistake("core0:", "7: found the end of the line, expected an operation of a core"),
        NativeMistake(
            "core0: buffer x 0 1",
            "8: found 'buffer', expected an operation of a core; a declaration has no agent"),
        NativeMistake(
            "core0: env hold core0",
            "8: found 'env', expected an operation of a core; 'env' has no agent"),
        NativeMistake(
            "core0: end",
            "8: found 'end', expected an operation of a core; "
                + "'repeat', 'span', 'end' and 'mark' have no agent"),
        NativeMistake("core8: dsb", "1: found 'core8', expected core0 to core7"),
        NativeMistake("core00: dsb", "1: found 'core00', expected core0 to core7"),
        NativeMistake(
            "eth1: irq",
            "1: found 'eth1', expected core0 to core7 or a declared device; did you mean 'eth0'?"),
        NativeMistake("rx: irq", "1: found 'rx', expected core0 to core7 or a declared device"),
        NativeMistake(
            "eth0: ld rx 4",
            "7: found 'ld', expected \(deviceWords); a device reads with 'rd'"),
        NativeMistake(
            "eth0: dsb", "7: found 'dsb', expected \(deviceWords); 'dsb' is not for devices"),
        NativeMistake(
            "eth0: wx rx 4", "7: found 'wx', expected \(deviceWords); did you mean 'wr'?"),
        NativeMistake(
            "rd rx 4",
            "1: found 'rd', expected an operation of a core; "
                + "'rd', 'wr' and 'irq' belong to a device, as in 'eth0: rd ADDRESS BYTES'"),
    ]

    /// What somebody writes who knows C, the kernel or another simulator.
    static let foreign: [NativeMistake] = [
        NativeMistake(
            "core0 ld rx 4",
            "1: found 'core0', expected a statement; "
                + "a colon follows an agent, as in 'core0: ...'"),
        NativeMistake(
            "eth0 wr rx 4",
            "1: found 'eth0', expected a statement; a colon follows an agent, as in 'eth0: ...'"),
        NativeMistake(
            "rx ld 4",
            "1: found 'rx', expected a statement; what is done comes first, as in 'ld rx 4'"),
        NativeMistake(
            "memcpy rx rx 4",
            "1: found 'memcpy', expected a statement; here it is called 'copy', "
                + "as in 'copy TO FROM 64 by 4'"),
        NativeMistake(
            "eth0: dma_write rx 4",
            "7: found 'dma_write', expected \(deviceWords); here it is called 'wr'"),
        NativeMistake(
            "wmb()",
            "1: found 'wmb()', expected a statement; "
                + "operands follow 'wmb' without brackets, blanks part them"),
        NativeMistake(
            "memset(rx, 0, 64);",
            "1: found 'memset(rx', expected a statement; here it is called 'st', "
                + "as in 'st TO 64 by 4'"),
        NativeMistake(
            "h = dma_map_single(eth0, rx, 64, DMA_TO_DEVICE)",
            "5: found 'dma_map_single(eth0', expected a call that makes a handle or a pool; "
                + "operands follow 'dma_map_single' without brackets, blanks part them"),
        NativeMistake(
            "h = dma_map_single eth0, rx, 64, TO_DEVICE",
            "24: found ',', expected \(address); blanks part operands"),
        NativeMistake(
            "flush_dcache_range rx rx+64",
            "23: found 'rx', expected \(bytes); "
                + "flush_dcache_range takes ADDRESS and BYTES here, not the end as in C"),
        NativeMistake(
            "up_clean_dcache rx+4 0x1800",
            "22: found '0x1800', expected \(bytes); "
                + "up_clean_dcache takes ADDRESS and BYTES here, not the end as in C, which would be 2044 bytes"
        ),
    ]

    static let operands: [NativeMistake] = [
        NativeMistake("ld", "3: found the end of the line, expected \(address)"),
        NativeMistake(
            "ld ry 4",
            "4: found 'ry', expected \(address); did you mean 'rx'?"),
        NativeMistake("ld rx", "6: found the end of the line, expected \(size)"),
        NativeMistake("ld rx xyz", "7: found 'xyz', expected \(size)"),
        NativeMistake("ld rx 4k", "7: found '4k', expected \(size)"),
        NativeMistake("ld rx 0x", "7: found '0x', expected \(size)"),
        NativeMistake("ld rx -4", "7: found '-4', expected \(size)"),
        NativeMistake("ld rx 0", "7: found '0', expected a size of at least 1"),
        NativeMistake("ld rx 4G", "7: found '4G', expected an access of at most 4294967295 bytes"),
        NativeMistake(
            "ld rx 18446744073709551616",
            "7: found '18446744073709551616', expected a number below 2^64"),
        NativeMistake(
            "ld rx 17179869184G", "7: found '17179869184G', expected a number below 2^64"),
        NativeMistake(
            "ld rx+0xffffffffffffffff 4",
            "7: found '0xffffffffffffffff', expected an address below 2^64"),
        NativeMistake(
            "ld 0xfffffffffffffffe 4",
            "23: found '4', expected a range from 0xfffffffffffffffe on that ends below 2^64"),
        NativeMistake("ld rx 4 by", "11: found the end of the line, expected \(size)"),
        NativeMistake("ld rx 4 by 0", "12: found '0', expected a size of at least 1"),
        NativeMistake(
            "ld rx 70 by 4 step 16",
            "7: found '70', expected a multiple of the step, 16; 4 steps leave 6 byte(s)"),
        NativeMistake(
            "st rx 15 by 4 step 16",
            "7: found '15', expected a multiple of the step, 16; 0 steps leave 15 byte(s)"),
        NativeMistake("ld rx 64 by 4 step 0", "20: found '0', expected a size of at least 1"),
        NativeMistake("ld 0 2049G by 1", "6: found '2049G', expected at most 2^40 accesses"),
        NativeMistake(
            "ld 0 2199023255553 by 2", "6: found '2199023255553', expected at most 2^40 accesses"),
        NativeMistake(
            "copy 0 0 2199023255553 by 2",
            "10: found '2199023255553', expected at most 2^40 accesses"),
        NativeMistake(
            "ld 0xffffffffffffff00 512 by 4",
            "23: found '512', expected a run that ends below 2^64"),
        NativeMistake(
            "ld rx 1024G by 4G step 1",
            "16: found '4G', expected an access of at most 4294967295 bytes"),
        NativeMistake(
            "ld rx 1024G by 4095M step 1",
            "7: found '1024G', expected a run that ends below 2^64"),
        NativeMistake(
            "ld rx 4 depp",
            "9: found 'depp', expected 'by', 'dep', '= VALUE', an annotation or the end of the line"
        ),
        NativeMistake(
            "st rx 4 dep",
            "9: found 'dep', expected 'by', '= VALUE', an annotation or the end of the line"),
        NativeMistake(
            "st rx 1 = 256", "11: found '256', expected a value that fits into 1 byte(s)"),
        NativeMistake(
            "st rx 4 = ",
            "10: found the end of the line, expected a value (decimal or 0x hex)"),
        NativeMistake(
            "copy rx tx 64",
            "14: found the end of the line, expected 'by' and the size of an access"),
        NativeMistake("ring rx", "6: found 'rx', expected a declared device; 'rx' is a buffer"),
        NativeMistake(
            "writel rx+4 = 1",
            "8: found 'rx', expected a declared device; 'rx' is a buffer"),
        NativeMistake(
            "writel eth0+4 = 4G",
            "17: found '4G', expected a value that fits into 4 byte(s)"),
        NativeMistake(
            "dc cva rx",
            "4: found 'cva', expected cvac, civac, ivac, cvau, zva, csw, cisw or isw; "
                + "did you mean 'cvac'?"),
        NativeMistake("dc cisw 8", "9: found '8', expected a cache level from 1 to 7"),
        NativeMistake("l2 clean rx", "12: found the end of the line, expected \(size)"),
        NativeMistake(
            "dsb sys",
            "5: found 'sys', expected 'sy', 'st', 'ld' (each also after 'ish', 'osh', 'nsh'; "
                + "these also alone), an annotation or the end of the line"),
        NativeMistake("isb sy", "5: found 'sy', expected an annotation or the end of the line"),
        NativeMistake("env hold core9", "10: found 'core9', expected core0 to core7"),
        NativeMistake("env leave l2", "11: found 'l2', expected core0 to core7"),
        NativeMistake("env join", "9: found the end of the line, expected core0 to core7"),
        NativeMistake(
            "env leave core1 rx",
            "17: found 'rx', expected an annotation or the end of the line"),
        NativeMistake(
            "env leav core1",
            "5: found 'leav', expected evict, fill, drain, hold, late, leave, join, pause or resume; "
                + "did you mean 'leave'?"),
        NativeMistake(
            "env evict rx core9",
            "14: found 'core9', expected core0 to core7, 'l2' or the end of the line"),
    ]

    static let calls: [NativeMistake] = [
        NativeMistake(
            "dma_map_single eth0 rx 64 TO_DEVICE",
            "1: found 'dma_map_single', expected 'NAME = dma_map_single ...'; "
                + "the call makes something that later calls must name"),
        NativeMistake(
            "h = ld rx 4",
            "5: found 'ld', expected a call that makes a handle or a pool"),
        NativeMistake(
            "rx = dma_map_single eth0 rx 64 TO_DEVICE",
            "1: found 'rx', expected a name that is free, or that of a handle; 'rx' is a buffer"),
        NativeMistake(
            "h = dma_map_single eth0 rx 64 to_device",
            "31: found 'to_device', "
                + "expected a direction (TO_DEVICE, FROM_DEVICE, BIDIRECTIONAL or NONE); "
                + "did you mean 'TO_DEVICE'?"),
        NativeMistake(
            "h = dma_map_single eth0 rx 64 TO_DEVICE attrs=SKIP_CPU_SINC",
            "47: found 'SKIP_CPU_SINC', expected a DMA attribute such as SKIP_CPU_SYNC; "
                + "did you mean 'SKIP_CPU_SYNC'?"),
        NativeMistake(
            "dma_unmap_single h",
            "18: found 'h', expected a handle made before"),
        NativeMistake(
            "dma_unmap_single rx",
            "18: found 'rx', expected a handle made before; 'rx' is a buffer"),
        NativeMistake(
            "b = dma_pool_alloc rx rx",
            "20: found 'rx', expected a pool made before; 'rx' is a buffer"),
        NativeMistake(
            "h = dma_map_sg eth0 TO_DEVICE",
            "30: found the end of the line, expected \(address)"),
        NativeMistake(
            "h = dma_map_sg eth0 TO_DEVICE rx 64",
            "34: found '64', expected ',' and a size"),
    ]

    static let declarations: [NativeMistake] = [
        NativeMistake(
            "buffer rx 0 1",
            "8: found 'rx', expected a name that is not declared yet; 'rx' is already a buffer"),
        NativeMistake(
            "buffer core3 0 1", "8: found 'core3', expected a name other than those of the cores"),
        NativeMistake("buffer 3x 0 1", "8: found '3x', expected \(NativeName.expectation)"),
        NativeMistake("buffer x 0 0", "12: found '0', expected a size of at least 1"),
        NativeMistake("buffer x 0 1 2", "14: found '2', \(areas)"),
        NativeMistake("buffer x 0 1 @pc=1", "14: found '@pc=1', \(areas)"),
        NativeMistake(
            "region r 0 1 xx",
            "14: found 'xx', expected a memory type (wb, wt, nc, device or so)"),
        NativeMistake(
            "alias a rx 0 wb", "9: found 'rx', expected a declared region; 'rx' is a buffer"),
        NativeMistake(
            "device d mask 65",
            "15: found '65', expected a number of address bits from 1 to 64"),
        NativeMistake(
            "device d coherent noncoherent",
            "19: found 'noncoherent', expected each option of a device at most once"),
        NativeMistake(
            "kernel six", "8: found 'six', expected a kernel version such as 6.12, or 'none'"),
        NativeMistake(
            "kernel 6.12-rc1",
            "8: found '6.12-rc1', expected a kernel version such as 6.12, or 'none'"),
        NativeMistake("set size", "5: found 'size', expected KEY=VALUE, without blanks"),
        NativeMistake("set a=", "7: found the end of the word, expected a value after '='"),
        NativeMistake("repeat 0", "8: found '0', expected at least 1 round"),
        NativeMistake("span rx", "6: found 'rx', expected a name that is free, or that of a span"),
        NativeMistake("end", "1: found 'end', expected a 'repeat' or 'span' before it"),
        NativeMistake("mark", "5: found the end of the line, expected the text of the mark"),
    ]

    static let annotations: [NativeMistake] = [
        NativeMistake(
            "ld rx 4 @pc=xyz", "13: found 'xyz', expected a program counter (hexadecimal)"),
        NativeMistake("ld rx 4 @src=a.c", "14: found 'a.c', expected FILE:LINE"),
        NativeMistake(
            "ld rx 4 @src=a.c:0", "18: found '0', expected a line number from 1 to 2147483647"),
        NativeMistake(
            "ld rx 4 @t=5", "12: found '5', expected a number and ps, ns, us, ms, s or cyc"),
        NativeMistake(
            "ld rx 4 @pc=1 @pc=2",
            "15: found '@pc=2', expected each annotation at most once"),
        NativeMistake("ld rx 4 @fn=%ff", "13: found '%ff', expected a function's name in UTF-8"),
        NativeMistake(
            "ld rx 4 @x",
            "9: found '@x', expected @pc=HEX, @src=FILE:LINE, @fn=NAME or @t=NUMBER with "
                + "ps, ns, us, ms, s or cyc"),
    ]

    @Test(arguments: words + foreign + operands + calls + declarations + annotations)
    func saysWhatMayStandThere(_ mistake: NativeMistake) {
        let open = mistake.text.hasPrefix("repeat") || mistake.text.hasPrefix("span")
        #expect(faultsAfterPreamble(mistake.text).prefix(1) == [mistake.fault])
        #expect(faultsAfterPreamble(mistake.text).count == (open ? 2 : 1))
    }
}
