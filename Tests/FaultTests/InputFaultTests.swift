import Foundation
import Testing

/// Input that is no trace, or only part of one: an error that says where, with status 2, and never a crash.
@Suite("Faults of input") struct InputFaultTests {
    @Test("No file, a folder, a file in a folder's place")
    func notAFile() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        for command in ["check", "replay", "fix", "prove", "compare"] {
            try scene.refused("$staleline \(command) none.slt", "none.slt", "No such file")
            try scene.refused("$staleline \(command) .", "Is a directory")
            try scene.refused("$staleline \(command) in.slt/x", "Not a directory")
        }
        try scene.refused("$staleline check in.slt --machine none.yaml", "No such file")
        try scene.refused("$staleline check in.slt --machine ./", "./")
        try scene.refused("$staleline check in.slt --elf none.elf", "none.elf", "No such file")
        try scene.refused("$staleline check in.slt --elf .", ".")
        try scene.refused("$staleline check in.slt --schedule none", "none")
        try scene.refused("$staleline check in.slt --schedule .", "directory")
        try scene.refused("STALELINE_HOME=. $staleline check in.slt", "STALELINE_HOME")
    }

    @Test("Standard input is closed or empty")
    func standardInput() throws {
        let scene = try Scene()
        try scene.refused("$staleline check - <&-", "-: found no")
        try scene.refused("$staleline check - </dev/null", "no bytes")
        try scene.refused("$staleline check /dev/null", "no bytes")
    }

    @Test("A pipe with a name reads like a file, and one whose writer dies like a cut file")
    func namedPipe() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        let end = try scene.run(
            """
            mkdir d; mkfifo p d/in.slt; cat in.slt > d/in.slt &
            $staleline check in.slt --json > b; cd d; $staleline check in.slt --json > ../a; wait; cmp ../a ../b
            """
        )
        #expect(end.status == 0, "\(end.errors)")
        try scene.write("long.lackey", Traces.lackey(200_000))
        // Its compressor is killed while it writes.
        try scene.refused(
            "(gzip -c long.lackey | head -c 100000 > p) & $staleline convert p out.slt; s=$?; wait; exit $s",
            "the end of the file inside gzip data",
            leaves: ["a", "b", "d", "in.slt", "long.lackey", "p"])
    }

    @Test("A file that vanishes or is cut while it is read")
    func vanishing() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        try scene.write("long.lackey", Traces.lackey(300_000))
        for round in 1...4 {
            // What is written waits in a full pipe until the file is gone: it cannot have been read to its end.
            let end = try scene.run(
                """
                cp long.lackey x.lackey; rm -f p; mkfifo p
                $staleline convert x.lackey --to slt - > p & p=$!
                exec 3<p; head -c \(round * 1_000) <&3 > out.slt
                ls -l /proc/$p/fd | grep -q x.lackey || exit 98; rm x.lackey
                cat <&3 >> out.slt; exec 3<&-; wait $p
                """)
            try #require(end.status != 98, "the file is not open any more: \(end.errors)")
            #expect(end.status == 0, "\(end.errors)")
            #expect(try scene.run("wc -l < out.slt").output == "300001\n")
        }
    }

    @Test("Bytes that are no text, in a text")
    func noText() throws {
        let scene = try Scene()
        for (name, bytes) in [("a", [0xFF, 0xFE]), ("b", [0x00]), ("c", [0xC0, 0x80])] {
            try scene.write(
                "\(name).slt",
                Array("staleline 1\nld 0x1000 4\nmark ".utf8) + bytes.map(UInt8.init) + [0x0A])
            try scene.refused("$staleline check \(name).slt", "\(name).slt:3:6: found")
        }
        try scene.write("m.yaml", [0xFF, 0x00, 0x41])
        try scene.write("in.slt", Traces.bug.utf8)
        try scene.refused("$staleline check in.slt --machine ./m.yaml", "not UTF-8")
        try scene.refused("head -c 5000 $staleline > s; $staleline check in.slt --schedule s", "s")
    }

    @Test("Numbers that no machine word holds")
    func hugeNumbers() throws {
        let scene = try Scene()
        for (index, line) in [
            "ld 0x10000000000000000 4", "ld 18446744073709551616 4", "ld 0xffffffffffffffff 8",
            "ld 0x1000 99999999999999999999 by 4", "work 18446744073709551616",
            "buffer b 0xfffffffffffff000 8192", "repeat 18446744073709551616\nend",
        ].enumerated() {
            try scene.write("\(index).slt", "staleline 1\n\(line)\n".utf8)
            try scene.refused("$staleline check \(index).slt", "\(index).slt:2:")
        }
        for setting in ["l2.size=99999999999999999999", "core.mhz=-1", "l1d.ways=0", "x=1", "="] {
            try scene.refused(
                "$staleline check 0.slt --machine zynq7000 --set \(setting) --print-config")
        }
    }

    @Test("Loops that never end, and deep nesting")
    func loops() throws {
        let scene = try Scene()
        let most = "18446744073709551615"
        try scene.write(
            "loop.slt", "staleline 1\nrepeat \(most)\nld 0x1000 4\nend\n".utf8)
        let nested = String(repeating: "repeat \(most)\n", count: 16) + "ld 0x1000 4\n"
        try scene.write(
            "nested.slt",
            ("staleline 1\n" + nested + String(repeating: "end\n", count: 16)).utf8)
        try scene.write("run.slt", "staleline 1\nld 0x0 0x7fffffffffffffff by 1\n".utf8)
        try scene.write(
            "deep.slt",
            "staleline 1\n".utf8.map { $0 }
                + (0..<100_000).flatMap { _ in Array("repeat 2\n".utf8) })
        for name in ["loop", "nested", "run", "deep"] {
            for command in [
                "check", "replay", "fix", "prove", "compare", "replay --plain --l1d 32K,4,32",
            ] {
                try scene.refused("\(Scene.soon) $staleline \(command) \(name).slt", "\(name).slt")
            }
            try scene.refused("\(Scene.soon) $staleline convert \(name).slt out.lackey")
        }
    }

    @Test("Input without an end")
    func endless() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        try scene.refused("\(Scene.soon) $staleline check /dev/zero", "/dev/zero")
        try scene.refused("\(Scene.soon) $staleline check in.slt --schedule /dev/zero", "/dev/zero")
        try scene.refused("\(Scene.soon) $staleline check in.slt --machine /dev/zero", "/dev/zero")
        try scene.refused("\(Scene.soon) $staleline check in.slt --elf /dev/zero", "/dev/zero")
        try scene.refused(
            "(echo 'staleline 1'; yes 'ld 0x1000 4') | (\(Scene.soon) $staleline check -)",
            "at most")
        try scene.refused(
            "(echo 'staleline 1'; cat /dev/zero) | (\(Scene.soon) $staleline check -)"
        )
    }

    @Test("A small file that unpacks to a huge one", .disabled(if: isSanitized))
    func bomb() throws {
        let scene = try Scene()
        let end = try scene.run(
            """
            (echo 'staleline 1'; head -c 300000000 /dev/zero | tr '\\0' ' ') | gzip -9 > bomb.gz
            ulimit -v 4000000; \(Scene.soon) $staleline check bomb.gz
            """)
        #expect(end.status == 2, "\(end.errors)")
        #expect(end.errors.contains("bomb.gz"))
    }

    @Test("A binary trace with a wrong start, a wrong bit or a cut")
    func binaryTrace() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        #expect(try scene.run("$staleline convert in.slt good.sltb").status == 0)
        let good = try #require(scene.bytes("good.sltb"))
        var wrong = good
        wrong[0] = 0x54
        try scene.write("bad.sltb", wrong)
        try scene.refused("$staleline check bad.sltb --format sltb", "byte 0", "SLTB")
        for place in stride(from: 8, to: good.count, by: max(1, good.count / 8)) {
            wrong = good
            wrong[place] ^= 0x10
            try scene.write("bad.sltb", wrong)
            for command in ["check bad.sltb", "convert bad.sltb out.slt", "replay bad.sltb"] {
                try scene.refused("$staleline \(command)", "bad.sltb: byte")
            }
        }
        try scene.write("bad.sltb", good.dropLast(9))
        let end = try scene.run("$staleline convert bad.sltb out.slt")
        #expect(end.status == 0 && end.errors.contains("is cut"), "\(end.errors)")
        try scene.refused("$staleline check bad.sltb", "truncated")
    }

    @Test("An ELF file that is cut or none")
    func elf() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        let whole = Scene.root.appendingPathComponent("Tests/SymbolsTests/Data/arm32.elf").path
        for length in [3, 40, 52, 500] {
            try scene.refused(
                "head -c \(length) \(whole) > cut.elf; $staleline check in.slt --elf cut.elf",
                "cut.elf")
            let end = try scene.run("$staleline capture -o t.sltb -- cut.elf")
            #expect(end.status == 2 && !end.errors.contains("Fatal"), "\(end.errors)")
        }
        // Headers whose numbers are as large as can be.
        var bytes = [UInt8](repeating: 0xFF, count: 64)
        bytes.replaceSubrange(
            0..<20,
            with: [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 183, 0])
        for place in [32, 39] {
            var bytes = bytes
            bytes[39] = 0x7F
            if place == 32 { bytes[32] = 0x20 }
            try scene.write("huge.elf", bytes)
            try scene.refused("$staleline check in.slt --elf huge.elf", "huge.elf")
            let end = try scene.run("$staleline capture -o t.sltb --qemu /bin/false -- huge.elf")
            #expect(end.status == 2 && !end.errors.contains("Fatal"), "\(end.errors)")
        }
        #expect(!scene.names.contains("t.sltb"))
    }
}
