import Foundation
import Testing

/// A process that is ended at any moment: what stands under a name is whole.
@Suite("Faults of processes") struct SignalFaultTests {
    private static let rounds = allFaults ? 60 : 8

    // A shell lets what it starts beside itself ignore SIGINT, `nohup` SIGHUP, and a program leaves a signal ignored that it finds
    // so: hence `env --default-signal`.

    /// Converts a long trace, ends that after ever longer times, and says what is left.
    private func endedConversions(_ signal: String) throws -> (ended: Int, left: Set<String>) {
        let scene = try Scene()
        try scene.write("long.lackey", Traces.lackey(allFaults ? 1_000_000 : 400_000))
        let script = """
            $staleline convert long.lackey whole.slt 2>/dev/null; sum=$(cksum < whole.slt)
            echo old > out.slt; old=$(cksum < out.slt); ended=0
            for round in $(seq \(Self.rounds)); do
                env --default-signal=INT,TERM,HUP $staleline convert long.lackey out.slt 2>/dev/null & p=$!
                sleep $(printf '0.%03d' $((round * 29 % 400)))
                kill -\(signal) $p 2>/dev/null; wait $p 2>/dev/null; s=$?
                [ $s = 0 ] || ended=$((ended + 1))
                now=$(cksum < out.slt)
                [ "$now" = "$sum" ] || [ "$now" = "$old" ] || { echo "half a file after round $round"; exit 3; }
                [ $s != 0 ] || [ "$now" = "$sum" ] || { echo "status 0 without the file"; exit 3; }
            done
            echo $ended
            """
        let end = try scene.run(script)
        #expect(end.status == 0, "\(end.output) \(end.errors)")
        let kept: Set = ["long.lackey", "out.slt", "whole.slt"]
        return (
            Int(end.output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0,
            Set(scene.names).subtracting(kept)
        )
    }

    @Test("Ended in order, a conversion leaves nothing behind", arguments: ["INT", "TERM", "HUP"])
    func ended(_ signal: String) throws {
        let (ended, left) = try endedConversions(signal)
        #expect(ended > 0, "no round was early enough")
        #expect(left.isEmpty)
    }

    @Test("Killed, a conversion leaves a file that is called partial, and no half one")
    func killed() throws {
        let (ended, left) = try endedConversions("KILL")
        #expect(ended > 0, "no round was early enough")
        #expect(left.allSatisfy { $0.hasSuffix(".partial") }, "\(left)")
    }

    @Test("The status of an ended process says which signal it was")
    func status() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        for (signal, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
            let end = try scene.run(
                "mkfifo p\(signal); env --default-signal=INT,TERM,HUP $staleline convert p\(signal) out.slt & p=$!; exec 3>p\(signal); kill -\(signal) $p; wait $p"
            )
            #expect(end.status == Int32(status), "\(signal)")
        }
        #expect(!scene.names.contains { $0.hasPrefix("out") })
    }

    @Test("An ended check has printed all or nothing of its JSON into a file")
    func endedCheck() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bugs(80).utf8)
        // From no time at all to half as long again as a run takes.
        let end = try scene.run(
            """
            begin=${EPOCHREALTIME/./}; $staleline check in.slt --json > whole
            took=$((${EPOCHREALTIME/./} - begin)); ended=0; finished=0
            for round in $(seq 0 1000); do
                # Runs may have become slower than the first was.
                [ $round -le \(Self.rounds) ] || [ $finished = 0 ] || break
                env --default-signal=TERM $staleline check in.slt --json > out & p=$!
                wait=$((took * 3 * round / 2 / \(Self.rounds)))
                sleep $((wait / 1000000)).$(printf '%06d' $((wait % 1000000)))
                kill -TERM $p 2>/dev/null; wait $p 2>/dev/null; s=$?
                if [ $s = 143 ]; then ended=$((ended + 1)); elif [ $s = 1 ]; then finished=$((finished + 1))
                else echo "status $s"; exit 3; fi
                [ ! -s out ] || cmp out whole || exit 3
                [ $s != 1 ] || cmp out whole || exit 3
            done
            stat -c %s whole; echo $ended $finished
            """)
        try #require(end.status == 0, "\(end.output) \(end.errors)")
        let numbers = end.output.split { $0 == " " || $0 == "\n" }.compactMap { Int($0) }
        try #require(numbers.count == 3)
        #expect(numbers[0] > 1 << 16, "too little to be written in pieces")
        #expect(numbers[1] > 0, "no round was early enough")
        #expect(numbers[2] > 0, "no round was late enough")
    }

    @Test("An ended soak says what it has run", arguments: [("INT", 130), ("TERM", 143)])
    func endedSoak(_ signal: String, _ status: Int) throws {
        let scene = try Scene()
        let end = try scene.run(
            """
            env --default-signal=INT $staleline soak --minutes 120 --jobs 1 --kind traces > out & p=$!
            until grep -q '^1000 programs' out; do sleep 0.05; kill -0 $p || exit 3; done
            kill -\(signal) $p; wait $p; status=$?; tail -1 out; exit $status
            """)
        #expect(end.status == Int32(status), "\(end.output) \(end.errors)")
        #expect(end.output.hasPrefix("interrupted: no difference in "), "\(end.output)")
        #expect(end.output.contains(" traces"), "\(end.output)")
    }

    @Test("A limit of memory is kept to, and said")
    func memoryLimit() throws {
        let scene = try Scene()
        try scene.write("long.slt", Traces.long(600_000))
        try scene.write("out.slt", "old\n".utf8)
        let end = try scene.run(
            "$staleline convert long.slt out.slt --limit-memory 60M")
        #expect(end.status == 3, "\(end.errors)")
        #expect(end.errors.contains("--limit-memory 60M"))
        #expect(scene.bytes("out.slt") == Array("old\n".utf8))
        #expect(scene.names == ["long.slt", "out.slt"])
        try scene.refused("$staleline check long.slt --limit-memory 1X", "--limit-memory")
        try scene.refused("$staleline check long.slt --limit-memory 0", "--limit-memory")
    }

    @Test("A limit of time is kept to, and said")
    func timeLimit() throws {
        let scene = try Scene()
        let end = try scene.run(
            """
            mkfifo p; exec 3<>p; echo 'staleline 1' >&3
            timeout 1200 $staleline check p --limit-time 0.3
            """)
        #expect(end.status == 3, "\(end.errors)")
        #expect(end.errors.contains("--limit-time 0.3"))
        #expect(end.output.isEmpty)
        try scene.refused("$staleline check p --limit-time -1", "--limit-time")
        try scene.refused("$staleline check p --limit-time nan", "--limit-time")
    }

    @Test("A limit says whether half a result was printed", arguments: ["-", "/dev/stdout"])
    func printedHalf(_ target: String) throws {
        let scene = try Scene()
        try scene.write("long.lackey", Traces.lackey(200_000))
        // Standard output is a pipe: a regular file under a name of its own would be replaced when it is whole. On a busy machine
        // the first limits may be reached before there is anything.
        let end = try scene.run(
            """
            for limit in 2 20 200; do
                rm -f p; mkfifo p; exec 3<>p; cat long.lackey >&3 &
                printed=$($staleline convert p --to slt \(target) --limit-time $limit 2>said | wc -c; exit ${PIPESTATUS[0]})
                status=$?; kill $! 2>/dev/null
                [ $status = 3 ] && [ $printed = 0 ] || break
            done
            cat said >&2; rm said; echo $printed; exit $status
            """)
        #expect(end.status == 3, "\(end.errors)")
        #expect((Int(end.output.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0) > 0)
        #expect(end.errors.contains("what was printed is not whole"), "\(end.errors)")
        let file = try scene.run(
            """
            mkfifo q; exec 3<>q; cat long.lackey >&3 &
            $staleline convert q out.slt --limit-time 2; status=$?
            kill $! 2>/dev/null; exit $status
            """)
        #expect(file.status == 3)
        #expect(file.errors.contains("there is no result"), "\(file.errors)")
        #expect(scene.names == ["long.lackey", "p", "q"])
    }

    @Test("A limit of a capture ends QEMU, whose folder goes with it")
    func captureLimit() throws {
        let scene = try Scene()
        // In QEMU's place, a script that ends in order and leaves a trace then.
        try scene.write(
            "emulator",
            """
            #!/bin/bash
            for word in "$@"; do case $word in *,out=*) trace=${word#*,out=}; trace=${trace%%,*};; esac; done
            trap 'mv "$trace.partial" "$trace"; exit 0' TERM
            : > "$trace.partial"; echo $$ > pid; ls tmp > during
            while true; do sleep 0.05; done
            """.utf8)
        let end = try scene.run(
            """
            chmod +x emulator; mkdir tmp; : > plugin
            # On a busy machine a limit may be reached before the emulator has begun.
            for limit in 1 20 400; do
                TMPDIR=$PWD/tmp $staleline capture -o out.sltb --qemu ./emulator --plugin plugin --limit-time $limit -- \
                    \(Scene.root.path)/Tests/SymbolsTests/Data/arm32.elf 2>said; status=$?
                [ ! -s during ] || break
            done
            cat said >&2; rm said
            kill -0 $(cat pid) 2>/dev/null && echo "it runs on"
            ls tmp; exit $status
            """)
        #expect(end.status == 3, "\(end.errors)")
        #expect(end.output.isEmpty, "\(end.output)")
        #expect(end.errors.contains("there is no result"), "\(end.errors)")
        let during = String(decoding: scene.bytes("during") ?? [], as: UTF8.self)
        #expect(during.hasPrefix("staleline-capture-"))
        #expect(scene.names == ["during", "emulator", "pid", "plugin", "tmp"])
    }

    @Test("A limit that is not reached changes nothing")
    func farLimits() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        let end = try scene.run(
            """
            $staleline check in.slt > a; $staleline check in.slt --limit-memory 4G --limit-time 1000 > b; cmp a b
            """)
        #expect(end.status == 0, "\(end.errors)")
    }

    @Test("Nothing of a result depends on the clock or the time zone")
    func clock() throws {
        let scene = try Scene()
        try scene.write("in.slt", Traces.bug.utf8)
        let end = try scene.run(
            """
            for zone in UTC Asia/Tokyo America/Lima; do
                export TZ=$zone
                for command in 'check in.slt --json' 'replay in.slt --json' 'convert in.slt --to slt -' 'fix in.slt'; do
                    $staleline $command > part 2>/dev/null; [ $? -le 1 ] && [ -s part ] || exit 3; cat part
                done > $(basename $zone).out
                sleep 1
            done
            cmp UTC.out Tokyo.out && cmp UTC.out Lima.out
            """)
        #expect(end.status == 0, "\(end.output)")
    }
}
