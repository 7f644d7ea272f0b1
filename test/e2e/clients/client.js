// SPDX-License-Identifier: MIT
// npm's qemu-qmp: adds a chardev, joins it to a hub, hears of it. Argument: the control socket.
const QMP = require('qemu-qmp');

const qmp = new QMP();

function fail(error) {
  console.error(error);
  process.exit(1);
}

function run(steps) {
  if (!steps.length)
    return;
  const [command, args] = steps[0];
  qmp.execute(command, args, (error, result) => {
    if (error)
      fail(error);
    console.log(command, JSON.stringify(result));
    run(steps.slice(1));
  });
}

qmp.on('hub_member_joined', (event) => {
  console.log('HUB_MEMBER_JOINED', JSON.stringify(event));
  qmp.end();
});
qmp.connect(process.argv[2], (error) => {
  if (error)
    fail(error);
  run([
    ['query-status', {}],
    ['chardev-add', {id: 'node', backend: {type: 'ringbuf', data: {size: 4096}}}],
    ['hub-add-member', {hub: 'h', chardev: 'node'}],
  ]);
});
