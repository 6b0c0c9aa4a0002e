// SPDX-License-Identifier: Apache-2.0
#include "engine/threads/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <stdlib.h>

#include <optional>
#include <set>
#include <utility>

#include "engine/threads/thread_choice.h"

namespace krait::engine {
namespace {

// hwloc reads HWLOC_SYNTHETIC each time that a topology is loaded.
class TopologyTest : public testing::Test {
 protected:
  void TearDown() override { unsetenv("HWLOC_SYNTHETIC"); }
  static void Pretend(const char* machine) {
    setenv("HWLOC_SYNTHETIC", machine, 1);
  }
};

TEST_F(TopologyTest, PlansOneThreadPerCoreOfThisMachine) {
  const ThreadPlan plan = PlanThreads(0);
  ASSERT_GE(plan.slots.size(), 1U);
  std::set<int> cpus;
  for (const auto& slot : plan.slots) cpus.insert(slot.cpu);
  EXPECT_EQ(cpus.size(), plan.slots.size());  // no CPU twice
}

TEST_F(TopologyTest, DoesNotUseBothThreadsOfACore) {
  Pretend("package:1 core:4 pu:2");
  EXPECT_EQ(PlanThreads(0).slots.size(), 4U);
}

TEST_F(TopologyTest, KeepsNumaNodesTogether) {
  Pretend("package:2 [numa] core:3 pu:1");
  const ThreadPlan plan = PlanThreads(0);
  ASSERT_EQ(plan.slots.size(), 6U);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(plan.slots[i].node, i < 3 ? 0 : 1) << i;
  }
}

// As `taskset` and systemd's CPUAffinity= do.
TEST_F(TopologyTest, UsesTheCpusThatTheThreadMayUse) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(static_cast<size_t>(cpu), &before)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(cpu), &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
    const ThreadPlan plan = PlanThreads(0);
    ASSERT_EQ(plan.slots.size(), 1U);
    EXPECT_EQ(plan.slots[0].cpu, cpu);
    for (const auto& slot : PlanThreads(2).slots) {
      EXPECT_EQ(slot.cpu, -1);  // two on one CPU: where the system wants them
    }
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
}

TEST_F(TopologyTest, SaysWhatTheNumberOfThreadsIsFrom) {
  Pretend("package:1 core:4 pu:1");
  EXPECT_EQ(ChooseThreads(0, std::nullopt).why, "one per core");
  EXPECT_EQ(ChooseThreads(3, std::nullopt).why, "as set");
  EXPECT_EQ(ChooseThreads(0, 1.5).why,
            "the control group allows the time of 1.5 CPUs");
}

TEST_F(TopologyTest, StartsNoMoreThreadsThanTheQuotaAllows) {
  Pretend("package:1 core:4 pu:1");
  for (const auto& [quota, threads] :
       {std::pair(0.1, size_t{1}), {1.0, 1}, {1.5, 2}, {3.0, 3}, {8.0, 4}}) {
    EXPECT_EQ(ChooseThreads(0, quota).threads, threads) << quota;
  }
  EXPECT_EQ(ChooseThreads(3, 1.0).threads, 3U);  // as was asked for
}

TEST_F(TopologyTest, NeverPinsToCpusOfAnotherMachine) {
  Pretend("package:1 core:2 pu:1");
  for (const auto& slot : PlanThreads(0).slots) EXPECT_EQ(slot.cpu, -1);
}

TEST_F(TopologyTest, GivesAsManyThreadsAsAskedFor) {
  EXPECT_EQ(PlanThreads(1).slots.size(), 1U);
  const ThreadPlan plan = PlanThreads(1000);
  EXPECT_EQ(plan.slots.size(), 1000U);
  for (const auto& slot : plan.slots) EXPECT_EQ(slot.cpu, -1);
}

TEST_F(TopologyTest, DescribesTheMachine) {
  Pretend(
      "package:2 [numa] l3:1(size=33554432) l2:4(size=1048576) core:1 pu:2");
  EXPECT_EQ(DescribeTopology(),
            "2 packages, 2 NUMA nodes, 8 cores, 16 threads, L2 1024 KiB, L3 32 "
            "MiB");
}

}  // namespace
}  // namespace krait::engine
